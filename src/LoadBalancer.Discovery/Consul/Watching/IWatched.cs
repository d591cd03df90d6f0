namespace LoadBalancer.Discovery.Consul.Watching;

/// <summary>A service that may hold a watch of its own. The budget calls it under its lock, so it only takes note.</summary>
internal interface IWatched
{
    /// <summary>As the feed knows it.</summary>
    string Name { get; }

    /// <summary>It holds a watch from now on.</summary>
    void Grant();

    /// <summary>It should give its watch back when the running query ends.</summary>
    void Retire();
}
