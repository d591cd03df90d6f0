namespace LoadBalancer.Listeners;

/// <summary>What accepts and serves the connections of listeners.</summary>
internal interface IListenerEngine
{
    /// <summary>What lb.json calls it.</summary>
    string Name { get; }

    /// <summary>Begins to accept the connections of a listener.</summary>
    IAcceptor Accept(Listener listener);
}
