using LoadBalancer.Core.Balancing;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Tests.Support;

/// <summary>Picks without leases.</summary>
internal static class Picks
{
    /// <summary>The ids of so many picks, one after the other.</summary>
    public static List<string> Take(Service service, int count, string tag = "")
    {
        var picker = service.Snapshot.PickerFor(tag)!;
        var ids = new List<string>(count);
        for (var i = 0; i < count; i++)
        {
            var context = new PickContext();
            ids.Add(picker.Pick(ref context)!.Endpoint.Id.ServiceId);
        }
        return ids;
    }

    /// <summary>One pick.</summary>
    public static EndpointState PickOne(this Picker picker, ulong? hash = null)
    {
        var context = new PickContext { Hash = hash };
        return picker.Pick(ref context)!;
    }

    /// <summary>The candidates that one request gets when it excludes each in turn.</summary>
    public static List<EndpointState> Tries(Picker picker, ulong? hash = null)
    {
        var states = new List<EndpointState>();
        var context = new PickContext { Hash = hash };
        while (picker.Pick(ref context) is { } state)
        {
            states.Add(state);
            context.Exclude(state.Endpoint);
        }
        return states;
    }
}
