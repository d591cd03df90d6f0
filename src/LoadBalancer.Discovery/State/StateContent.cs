namespace LoadBalancer.Discovery.State;

/// <summary>
/// The state file's JSON. Kept apart from the model, so that a property renamed there does not silently change the
/// file; whoever changes a shape here raises <see cref="CurrentVersion"/>, unless it is a value that a file may lack.
/// </summary>
internal sealed record StateContent
{
    public const int CurrentVersion = 1;

    public int Version { get; init; }

    public DateTimeOffset WrittenAt { get; init; }

    public IReadOnlyList<Service?>? Services { get; init; }

    /// <summary>Absent in files of older programs, which knew no orders.</summary>
    public IReadOnlyList<Order?>? Orders { get; init; }

    /// <summary>One <see cref="SavedService"/>.</summary>
    internal sealed record Service
    {
        public string? Source { get; init; }

        public string? Name { get; init; }

        public DateTimeOffset ObservedAt { get; init; }

        public IReadOnlyList<Endpoint?>? Endpoints { get; init; }
    }

    /// <summary>One <see cref="SavedOrder"/>.</summary>
    internal sealed record Order
    {
        public string? Service { get; init; }

        public string? Node { get; init; }

        public string? Id { get; init; }

        public string? State { get; init; }

        public int? Weight { get; init; }

        public DateTimeOffset Since { get; init; }
    }

    /// <summary>One <see cref="Core.Model.ObservedEndpoint"/>.</summary>
    internal sealed record Endpoint
    {
        public string? Node { get; init; }

        public string? Id { get; init; }

        public string? Host { get; init; }

        public int Port { get; init; }

        public int Weight { get; init; }

        public int WarningWeight { get; init; }

        public int Priority { get; init; }

        public string? State { get; init; }

        public string? Reason { get; init; }

        public IReadOnlyList<string?>? Tags { get; init; }

        public IReadOnlyDictionary<string, string?>? Meta { get; init; }

        /// <summary>Absent in files of older programs: they do not say which registration is the newest.</summary>
        public ulong Registered { get; init; }

        public string? Datacenter { get; init; }
    }
}
