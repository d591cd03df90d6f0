namespace LoadBalancer.Discovery.Consul.Client;

/// <summary>The ACL token: fixed, or from a file that is read again when its time or length changed.</summary>
internal sealed class TokenSource(ConsulOptions options)
{
    private readonly Lock _lock = new();
    private string? _token = options.Token;
    private (DateTime Written, long Length) _version;

    /// <summary>The token for the next request, or null.</summary>
    /// <exception cref="IOException">The token file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The token file cannot be read.</exception>
    public string? Current
    {
        get
        {
            if (options.TokenFile is null)
            {
                return _token;
            }
            lock (_lock)
            {
                var file = new FileInfo(options.TokenFile);
                var version = (file.LastWriteTimeUtc, file.Exists ? file.Length : -1);
                if (version != _version || _token is null)
                {
                    _token = File.ReadAllText(options.TokenFile).Trim();
                    _version = version;
                }
                return _token.Length == 0 ? null : _token;
            }
        }
    }
}
