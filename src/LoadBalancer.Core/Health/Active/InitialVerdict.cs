namespace LoadBalancer.Core.Health.Active;

/// <summary>What the checks say of an endpoint that none has reached yet.</summary>
public enum InitialVerdict
{
    /// <summary>Nothing: it is what its source says until checks fail.</summary>
    Up,

    /// <summary>It is out until a check succeeds, the first one or as many in a row as it takes after a failure.</summary>
    Down,
}
