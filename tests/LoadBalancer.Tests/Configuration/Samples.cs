using System.Text;
using LoadBalancer.Configuration;

namespace LoadBalancer.Tests.Configuration;

/// <summary>Good texts and how tests read them.</summary>
internal static class Samples
{
    /// <summary>Uses every section.</summary>
    public const string Full = """
        {
          "$schema": "docs/lb.schema.json", // for editors
          "listeners": {
            "web": { "bind": "0.0.0.0:8080", "protocol": "http", "engine": "kestrel", "trustedProxies": ["10.0.0.0/8", "::1"], "maxConnections": 5000, "backlog": 512 },
            "redis": { "bind": "[::1]:6379", "protocol": "tcp", "service": "redis" },
          },
          "discovery": {
            "consul": {
              "address": "http://127.0.0.1:8500", "datacenters": ["dc2"], "wait": "1m", "silenceTimeout": "90s",
              "register": { "name": "haproxy", "tags": ["edge"] }, "tls": { "serverName": "consul" }
            },
            "dns": { "servers": ["127.0.0.1:8600"], "services": ["billing", { "name": "mail", "srv": "_mail._tcp.example.com" }] },
            "static": { "legacy": ["10.0.0.7:8080", { "address": "10.0.0.8:8080", "weight": 3, "priority": 2, "meta": { "rack": "b1" } }] },
            "order": ["static", "consul"],
            "holdFor": "30s",
            "stateFile": "state/lb.json"
          },
          /* host rule
             and routes */
          "routing": {
            "domain": null,
            "routes": [
              { "host": "*.example.com", "path": "/cart/", "methods": ["GET", "POST"], "headers": { "X-Beta": "*" }, "service": "legacy", "tag": "v2" }
            ]
          },
          "services": {
            "legacy": { "balance": "leastRequest", "retry": { "attempts": 0, "budget": null }, "source": "static" },
            "*": { "timeouts": { "connect": "250ms", "tunnel": "1h30m" }, "retry": { "attempts": 2, "on": ["timeout"], "statuses": [503] }, "protocol": "h2c" }
          },
          "admin": null,
          "registry": { "dns": null, "allowScripts": true },
          "reactor": { "threads": 3, "ioUring": false },
          "log": { "level": "debug", "format": "json" },
          "drainDelay": "3s",
          "drainTimeout": "10s"
        }
        """;

    public static ConfigurationResult Read(string text) => ConfigurationReader.Read(Encoding.UTF8.GetBytes(text), "lb.json", "/etc/lb");

    /// <summary>The options of a text that must be good.</summary>
    public static LbOptions Options(string text)
    {
        var result = Read(text);
        Assert.Empty(result.Errors);
        return result.Options!;
    }
}
