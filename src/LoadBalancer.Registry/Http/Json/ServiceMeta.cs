using System.Text.RegularExpressions;

namespace LoadBalancer.Registry.Http.Json;

/// <summary>What Consul allows in the meta of a service: what works here must work there.</summary>
/// <remarks><see href="https://developer.hashicorp.com/consul/docs/services/configuration/services-configuration-reference#meta"/></remarks>
internal static partial class ServiceMeta
{
    private const int MaxPairs = 64;
    private const int MaxKey = 128;
    private const int MaxValue = 512;
    private const string Reserved = "consul-";

    /// <exception cref="RefusedException">A pair that Consul would not take.</exception>
    public static void Check(Dictionary<string, string>? meta, string path)
    {
        if (meta is null)
        {
            return;
        }
        if (meta.Count > MaxPairs)
        {
            throw RefusedException.BadRequest($"Invalid Service Meta: {path} cannot contain more than {MaxPairs} key/value pairs");
        }
        foreach (var (key, value) in meta)
        {
            if (Problem(key, value) is { } problem)
            {
                throw RefusedException.BadRequest($"Invalid Service Meta: Couldn't load metadata pair ('{key}', '{value}') of {path}: {problem}");
            }
        }
    }

    private static string? Problem(string key, string value) =>
        key.Length == 0 ? "Key cannot be blank"
        : !Key().IsMatch(key) ? "Key contains invalid characters; use letters, digits, - and _"
        : key.Length > MaxKey ? $"Key is too long (limit: {MaxKey} characters)"
        : key.StartsWith(Reserved, StringComparison.Ordinal) ? $"Key prefix '{Reserved}' is reserved for internal use"
        : value.Length > MaxValue ? $"Value is too long (limit: {MaxValue} characters)"
        : null;

    [GeneratedRegex(@"^[A-Za-z0-9_-]+\z")]
    private static partial Regex Key();
}
