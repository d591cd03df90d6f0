namespace LoadBalancer.Core.Routing;

/// <summary>What of a request decides about its service.</summary>
/// <param name="host">The authority as the client sent it, with or without port and final dot.</param>
/// <param name="path">The decoded path without the query, from "/".</param>
/// <param name="method">The method, upper case as sent.</param>
/// <param name="headers">The headers; asked only by routes that match on them.</param>
public readonly ref struct RouteRequest(ReadOnlySpan<char> host, ReadOnlySpan<char> path, ReadOnlySpan<char> method, IHeaderLookup? headers)
{
    /// <summary>The host without port and final dot.</summary>
    public ReadOnlySpan<char> Host { get; } = HostName.Of(host);

    /// <summary>The decoded path.</summary>
    public ReadOnlySpan<char> Path { get; } = path;

    /// <summary>The method.</summary>
    public ReadOnlySpan<char> Method { get; } = method;

    /// <summary>The headers.</summary>
    public IHeaderLookup? Headers { get; } = headers;

    /// <summary>The keys; asked only by routes that split on one.</summary>
    public IKeyLookup? Keys { get; init; }
}
