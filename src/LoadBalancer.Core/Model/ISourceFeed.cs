namespace LoadBalancer.Core.Model;

/// <summary>
/// What a source reports to; safe to call from many threads, but the observations of one service come one after the
/// other. The catalog keeps the inputs of different sources apart.
/// </summary>
public interface ISourceFeed
{
    /// <summary>Takes one observation of one service. Cheap when nothing changed.</summary>
    void Observe(string service, Observation observation);

    /// <summary>
    /// The source as a whole could not be asked (no agent answers). Every service keeps its last good observation;
    /// before the first <see cref="Complete"/> the state file takes its place.
    /// </summary>
    void Fail(string error);

    /// <summary>
    /// Every service that the source knows has been observed once since its start or since it lost its way; services
    /// that only the state file or a former run of the source knows are observed as gone (one that failed was named); when
    /// they have more than half of all endpoints, these are held. Calling it again is harmless.
    /// </summary>
    void Complete();

    /// <summary>How many requests and connections the service got since the start: what is used is watched first.</summary>
    long DemandFor(string service);
}
