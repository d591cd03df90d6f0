namespace LoadBalancer.Http;

/// <summary>How far the request of an attempt has got on its way to the endpoint.</summary>
internal enum SendPhase
{
    /// <summary>Nothing was sent.</summary>
    Connecting,

    /// <summary>More of the body is to come from the client.</summary>
    AwaitingClient,

    /// <summary>A part of the body is to be taken by the endpoint.</summary>
    AwaitingEndpoint,

    /// <summary>The endpoint has got all of it.</summary>
    Sent,
}
