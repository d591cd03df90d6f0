using System.Runtime.CompilerServices;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Balancing;

/// <summary>
/// What one request knows while it looks for an endpoint: the hash of its key, and those that it has tried already and will
/// not get again. Lives on the caller's stack.
/// </summary>
public struct PickContext
{
    /// <summary>How many endpoints one request may try: with so many excluded, no picker yields another.</summary>
    public const int MaxTries = 8;

    private TriedEndpoints _tried;
    private int _count;

    /// <summary>The hash of the request's key, see <see cref="Picker.HashOn"/>; null when the request has none.</summary>
    public ulong? Hash { readonly get; set; }

    /// <summary>How many endpoints were excluded.</summary>
    public readonly int Count => _count;

    /// <summary>Takes the endpoint, which a picker has just yielded, out of this request's candidates; it failed.</summary>
    public void Exclude(Endpoint endpoint) => _tried[_count++] = endpoint;

    /// <summary>Takes back the last exclusion.</summary>
    internal void Readmit() => _tried[--_count] = null;

    /// <summary>True when the endpoint was excluded last.</summary>
    internal readonly bool IsLast(Endpoint endpoint) => _count > 0 && ReferenceEquals(_tried[_count - 1], endpoint);

    /// <summary>True when the endpoint was excluded.</summary>
    public readonly bool IsExcluded(Endpoint endpoint)
    {
        for (var i = 0; i < _count; i++)
        {
            if (ReferenceEquals(_tried[i], endpoint))
            {
                return true;
            }
        }
        return false;
    }

    [InlineArray(MaxTries)]
    private struct TriedEndpoints
    {
        private Endpoint? _first;
    }
}
