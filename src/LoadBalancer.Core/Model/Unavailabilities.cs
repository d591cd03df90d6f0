namespace LoadBalancer.Core.Model;

/// <summary>Kinds of <see cref="Unavailability"/>.</summary>
internal static class Unavailabilities
{
    /// <summary>Out because somebody wants it to be.</summary>
    public const Unavailability OnPurpose = Unavailability.Drain | Unavailability.NoWeight | Unavailability.OrderedDrain | Unavailability.OrderedMaintenance;
}
