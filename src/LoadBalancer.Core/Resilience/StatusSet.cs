namespace LoadBalancer.Core.Resilience;

/// <summary>A set of status codes from 400 to 599, as a value: equal when it holds the same.</summary>
public readonly record struct StatusSet
{
    /// <summary>The least code that it can hold.</summary>
    public const int Min = 400;

    /// <summary>The greatest code that it can hold.</summary>
    public const int Max = 599;

    private readonly UInt128 _lower;
    private readonly UInt128 _upper;

    /// <summary>The set of these codes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A code is not from 400 to 599.</exception>
    public StatusSet(params IEnumerable<int> statuses)
    {
        ArgumentNullException.ThrowIfNull(statuses);
        foreach (var status in statuses)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(status, Min, nameof(statuses));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(status, Max, nameof(statuses));
            var bit = UInt128.One << ((status - Min) & 127);
            if (status - Min < 128)
            {
                _lower |= bit;
            }
            else
            {
                _upper |= bit;
            }
        }
    }

    /// <summary>True when it holds none.</summary>
    public bool IsEmpty => (_lower | _upper) == UInt128.Zero;

    /// <summary>True when it holds <paramref name="status"/>.</summary>
    public bool Contains(int status) =>
        status is >= Min and <= Max && (((status - Min < 128 ? _lower : _upper) >> ((status - Min) & 127)) & UInt128.One) != UInt128.Zero;
}
