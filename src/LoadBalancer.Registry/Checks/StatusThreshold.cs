using LoadBalancer.Core.Health.Checks;

namespace LoadBalancer.Registry.Checks;

/// <summary>Lets a result through only when enough of its kind came in a row: a warning counts as a success.</summary>
/// <param name="successBeforePassing">Successes needed; 0 and 1 are the same.</param>
/// <param name="failuresBeforeCritical">Failures needed; 0 and 1 are the same.</param>
/// <remarks><see href="https://developer.hashicorp.com/consul/docs/services/usage/checks#success-failures-before-passing-warning-critical"/></remarks>
internal sealed class StatusThreshold(int successBeforePassing, int failuresBeforeCritical)
{
    private int _successes;
    private int _failures;

    /// <summary>Counts <paramref name="status"/>; true when it is to be believed.</summary>
    public bool Reached(CheckStatus status)
    {
        if (status == CheckStatus.Critical)
        {
            _successes = 0;
            return ++_failures >= failuresBeforeCritical;
        }
        _failures = 0;
        return ++_successes >= successBeforePassing;
    }
}
