namespace LoadBalancer.Reactor.Loops;

/// <summary>Who waits for a <see cref="LoopTimer"/>.</summary>
internal interface ITimed
{
    /// <summary>The deadline has passed.</summary>
    void OnDeadline();

    /// <summary><see cref="OnDeadline"/> threw: it must close whatever it holds, or set its timer again.</summary>
    void OnFault();
}
