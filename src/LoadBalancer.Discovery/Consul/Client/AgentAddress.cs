namespace LoadBalancer.Discovery.Consul.Client;

/// <summary>Where one agent listens.</summary>
/// <param name="Text">As configured; what people are shown.</param>
/// <param name="Base">What requests are made relative to. For a Unix socket an invented host that stands for it.</param>
/// <param name="UnixPath">The path of the Unix socket, or null.</param>
internal sealed record AgentAddress(string Text, Uri Base, string? UnixPath)
{
    private const string UnixScheme = "unix://";

    /// <summary>Why <paramref name="text"/> is no agent's address, or null.</summary>
    public static string? Problem(string text) =>
        TryParse(text, 0) is null ? $"'{text}' is no agent address; write http://host:port, https://host:port, unix:///path or host:port" : null;

    /// <summary>Parses all addresses of the options; <see cref="ConsulOptions.DefaultAddress"/> when there are none.</summary>
    /// <exception cref="FormatException">One is malformed.</exception>
    public static AgentAddress[] All(ConsulOptions options)
    {
        List<string> texts = [.. options.Addresses];
        if (options.Address is not null || texts.Count == 0)
        {
            texts.Insert(0, options.Address ?? ConsulOptions.DefaultAddress);
        }
        return [.. texts.Distinct(StringComparer.Ordinal).Select((text, i) => TryParse(text, i) ?? throw new FormatException(Problem(text)))];
    }

    private static AgentAddress? TryParse(string text, int number)
    {
        if (text.StartsWith(UnixScheme, StringComparison.OrdinalIgnoreCase))
        {
            var path = text[UnixScheme.Length..];
            return path.StartsWith('/') ? new(text, new($"http://consul-socket-{number}/"), path) : null;
        }
        var full = text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        return Uri.TryCreate(full, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
            && uri.Host.Length > 0 && uri.UserInfo.Length == 0 && uri.Query.Length == 0 && uri.Fragment.Length == 0
            ? new(text, uri.AbsolutePath.EndsWith('/') ? uri : new(uri.AbsoluteUri + "/"), null)
            : null;
    }
}
