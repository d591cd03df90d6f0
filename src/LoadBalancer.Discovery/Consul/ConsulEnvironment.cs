namespace LoadBalancer.Discovery.Consul;

/// <summary>
/// The environment variables that Consul's own tools read
/// (https://developer.hashicorp.com/consul/commands#environment-variables).
/// </summary>
public static class ConsulEnvironment
{
    /// <summary>Fills what <paramref name="options"/> leave unset from the environment; what is set wins.</summary>
    /// <param name="options">As configured.</param>
    /// <param name="variable">Reads one variable; null when it is unset. <see cref="Environment.GetEnvironmentVariable(string)"/> fits.</param>
    public static ConsulOptions Apply(ConsulOptions options, Func<string, string?> variable)
    {
        var anyToken = options.Token is not null || options.TokenFile is not null;
        // Consul's tools let the file win over the token.
        var tokenFile = anyToken ? options.TokenFile : Text("CONSUL_HTTP_TOKEN_FILE");
        return options with
        {
            Address = options.Address ?? (options.Addresses.Count == 0 ? Address() : null),
            TokenFile = tokenFile,
            Token = anyToken || tokenFile is not null ? options.Token : Text("CONSUL_HTTP_TOKEN"),
            HttpAuth = options.HttpAuth ?? Text("CONSUL_HTTP_AUTH"),
            Tls = options.Tls with
            {
                Ca = options.Tls.Ca ?? Text("CONSUL_CACERT"),
                Certificate = options.Tls.Certificate ?? Text("CONSUL_CLIENT_CERT"),
                Key = options.Tls.Key ?? Text("CONSUL_CLIENT_KEY"),
                ServerName = options.Tls.ServerName ?? Text("CONSUL_TLS_SERVER_NAME"),
                SkipVerify = options.Tls.SkipVerify || Flag("CONSUL_HTTP_SSL_VERIFY") == false,
            },
        };

        string? Address()
        {
            var address = Text("CONSUL_HTTP_ADDR");
            return Flag("CONSUL_HTTP_SSL") != true || address?.Contains("://", StringComparison.Ordinal) == true
                ? address
                : "https://" + (address ?? "127.0.0.1:8500");
        }

        string? Text(string name) => variable(name) is { Length: > 0 } text ? text : null;

        // What Go's strconv.ParseBool accepts.
        bool? Flag(string name) => Text(name) switch
        {
            "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
            "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
            _ => null,
        };
    }
}
