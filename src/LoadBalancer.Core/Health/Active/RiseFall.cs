namespace LoadBalancer.Core.Health.Active;

/// <summary>Believes a change only when enough checks in a row say so. Not thread safe.</summary>
/// <param name="rise">Successes that it takes to be up.</param>
/// <param name="fall">Failures that it takes to be down.</param>
/// <param name="isUp">The verdict at the start.</param>
/// <param name="against">How many checks are taken to have contradicted it already.</param>
internal sealed class RiseFall(int rise, int fall, bool isUp, int against = 0)
{
    private int _against = against;

    public bool IsUp { get; private set; } = isUp;

    /// <summary>True while the last check contradicts the verdict.</summary>
    public bool IsUndecided => _against > 0;

    /// <summary>Counts a check; true when the verdict changes.</summary>
    public bool Count(bool isSuccess)
    {
        if (isSuccess == IsUp)
        {
            _against = 0;
            return false;
        }
        if (++_against < (IsUp ? fall : rise))
        {
            return false;
        }
        _against = 0;
        IsUp = isSuccess;
        return true;
    }
}
