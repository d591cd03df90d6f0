using System.Collections.Immutable;

namespace LoadBalancer.Core.Model;

/// <summary>Who takes the requests of a service of which too little is available.</summary>
/// <param name="Services">Names of services, in order.</param>
/// <param name="Below">Percent of the endpoints: with less available the fallbacks are used. 0 only when none is.</param>
public sealed record FallbackPolicy(ImmutableArray<string> Services, int Below)
{
    /// <summary>Equal in content.</summary>
    public bool Equals(FallbackPolicy? other) => other is not null && Below == other.Below && Services.AsSpan().SequenceEqual(other.Services.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Services.Length, Below);
}
