namespace LoadBalancer.Admin.Orders;

/// <summary>Whose order a request is about.</summary>
/// <param name="Service">The service's name.</param>
/// <param name="Endpoint">The endpoint as the operator names it; null for all of the service.</param>
internal readonly record struct OrderPath(string Service, string? Endpoint)
{
    private const string Prefix = "/api/services/";
    private const string Endpoints = "/endpoints/";
    private const string Suffix = "/order";

    /// <summary>
    /// Reads "/api/services/NAME/endpoints/ENDPOINT/order" or "/api/services/NAME/order"; null for any other target. The
    /// endpoint may be percent-encoded or not: its slash is no other's. From the raw target, because a decoded path no longer
    /// says which "%2F" stood in a name.
    /// </summary>
    public static OrderPath? Parse(string target)
    {
        var path = target.Split('?')[0];
        if (!path.StartsWith(Prefix, StringComparison.Ordinal) || !path.EndsWith(Suffix, StringComparison.Ordinal) || path.Length <= Prefix.Length + Suffix.Length)
        {
            return null;
        }
        var rest = path[Prefix.Length..^Suffix.Length];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
        {
            return new OrderPath(Uri.UnescapeDataString(rest), null);
        }
        return slash > 0 && rest.AsSpan(slash).StartsWith(Endpoints, StringComparison.Ordinal) && rest.Length > slash + Endpoints.Length
            ? new OrderPath(Uri.UnescapeDataString(rest[..slash]), Uri.UnescapeDataString(rest[(slash + Endpoints.Length)..]))
            : null;
    }

    /// <summary>The path that <see cref="Parse"/> reads.</summary>
    public override string ToString() =>
        Prefix + Uri.EscapeDataString(Service) + (Endpoint is null ? "" : Endpoints + Uri.EscapeDataString(Endpoint)) + Suffix;
}
