using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace LoadBalancer.Registry.Http;

/// <summary>
/// The query parameters that reads have in common. <c>near</c>, <c>stale</c>, <c>consistent</c> and <c>cached</c> change
/// nothing where there is one node; what would change the answer and is not done here is refused.
/// </summary>
/// <param name="Index">Wait for an index above this one; 0 for no wait.</param>
/// <param name="Wait">How long, before the jitter.</param>
internal readonly record struct QueryOptions(ulong Index, TimeSpan Wait)
{
    private static readonly TimeSpan s_defaultWait = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_maximumWait = TimeSpan.FromMinutes(10);
    private static readonly string[] s_unsupported = ["filter", "node-meta", "ns", "partition", "peer", "sg", "hash"];

    public static QueryOptions Parse(IQueryCollection query, string datacenter)
    {
        RefuseUnsupported(query);
        if (query.ContainsKey("stale") && query.ContainsKey("consistent"))
        {
            throw RefusedException.BadRequest("Cannot specify ?stale with ?consistent, conflicting semantics.");
        }
        RequireDatacenter(query["dc"].ToString(), datacenter);
        var wait = s_defaultWait;
        if (query["wait"].ToString() is { Length: > 0 } text)
        {
            if (!GoDuration.TryParse(text, out wait))
            {
                throw RefusedException.BadRequest($"Invalid wait time \"{text}\": use a duration with a unit, like 30s or 5m");
            }
            wait = wait <= TimeSpan.Zero ? s_defaultWait : wait < s_maximumWait ? wait : s_maximumWait;
        }
        var index = 0UL;
        if (query["index"].ToString() is { Length: > 0 } number && !ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out index))
        {
            throw RefusedException.BadRequest($"Invalid index \"{number}\": use the X-Consul-Index of the last answer, or 0");
        }
        return new QueryOptions(index, wait);
    }

    /// <summary>Refuses the parameters that would change the answer and are not done here.</summary>
    public static void RefuseUnsupported(IQueryCollection query)
    {
        foreach (var name in s_unsupported)
        {
            if (query[name].ToString().Length > 0)
            {
                throw RefusedException.BadRequest($"?{name} is not supported by the embedded registry: leave it out and choose from the whole answer");
            }
        }
    }

    public static void RequireDatacenter(string asked, string datacenter)
    {
        if (asked.Length > 0 && !StringComparer.OrdinalIgnoreCase.Equals(asked, datacenter))
        {
            throw new RefusedException(500, $"No path to datacenter \"{asked}\": the embedded registry is \"{datacenter}\" only");
        }
    }

    /// <summary>A flag in the words of Go, where being there without a value is yes.</summary>
    /// <returns>Null when absent.</returns>
    public static bool? Flag(IQueryCollection query, string name)
    {
        if (!query.TryGetValue(name, out var values))
        {
            return null;
        }
        return values.ToString() switch
        {
            "" or "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
            "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
            var other => throw RefusedException.BadRequest($"Invalid value for ?{name}: \"{other}\"; use true or false"),
        };
    }
}
