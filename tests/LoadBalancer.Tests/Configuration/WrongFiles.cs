namespace LoadBalancer.Tests.Configuration;

/// <summary>Files that are refused, each with every line that the user gets to see.</summary>
internal static class WrongFiles
{
    public static IEnumerable<WrongFile> All { get; } =
    [
        new(
            "empty file",
            "",
            """
            lb.json:1:1: the file is empty; the least that it needs is { "listeners": { "web": { "bind": ":8080" } } } and a source
            """),
        new(
            "only a comment",
            "// later\n",
            """
            lb.json:1:1: the file is empty; the least that it needs is { "listeners": { "web": { "bind": ":8080" } } } and a source
            """),
        new(
            "not closed",
            """
            {
              "listeners": {
            """,
            """
            lb.json:2:17: the file ends, but the { of line 2 is still open
            """),
        new(
            "not closed after a value",
            "{\n  \"listeners\": {},\n",
            """
            lb.json:3:1: the file ends, but the { of line 1 is still open
            """),
        new(
            "missing comma",
            """
            {
              "admin": null
              "log": {}
            }
            """,
            """
            lb.json:3:3: a comma is missing before this
            """),
        new(
            "missing comma in a list",
            """
            { "discovery": { "order": ["consul" "dns"] } }
            """,
            """
            lb.json:1:37: a comma is missing before this
            """),
        new(
            "missing colon",
            """
            { "admin" null }
            """,
            """
            lb.json:1:11: a colon is missing between the key and its value
            """),
        new(
            "semicolon",
            """
            { "admin"; null }
            """,
            """
            lb.json:1:10: a colon is missing between the key and its value
            """),
        new(
            "two commas",
            """
            { "admin": null,, }
            """,
            """
            lb.json:1:17: a comma too many
            """),
        new(
            "leading comma",
            """
            {, "admin": null }
            """,
            """
            lb.json:1:2: a comma too many
            """),
        new(
            "no value",
            """
            { "admin": }
            """,
            """
            lb.json:1:12: the value of the key before this is missing
            """),
        new(
            "comma for a value",
            """
            { "admin":, }
            """,
            """
            lb.json:1:11: a comma too many
            """),
        new(
            "single quotes",
            """
            { 'admin': null }
            """,
            """
            lb.json:1:3: keys and texts stand in double quotes, not in single ones
            """),
        new(
            "single quoted value",
            """
            { "drainTimeout": '5s' }
            """,
            """
            lb.json:1:19: keys and texts stand in double quotes, not in single ones
            """),
        new(
            "typographic quotes",
            "{ \u201cadmin\u201d: null }",
            """
            lb.json:1:3: a typographic quote; write a plain "
            """),
        new(
            "key without quotes",
            """
            { admin: null }
            """,
            """
            lb.json:1:3: a key stands in double quotes: "admin"
            """),
        new(
            "value without quotes",
            """
            { "log": { "level": info } }
            """,
            """
            lb.json:1:21: info is not a value of JSON; a text stands in double quotes: "info"
            """),
        new(
            "True",
            """
            { "registry": { "allowScripts": True } }
            """,
            """
            lb.json:1:33: True is not a value of JSON; write true
            """),
        new(
            "tru",
            """
            { "registry": { "allowScripts": tru } }
            """,
            """
            lb.json:1:33: tru is not a value of JSON; a text stands in double quotes: "tru"
            """),
        new(
            "yes",
            """
            { "registry": { "allowScripts": yes } }
            """,
            """
            lb.json:1:33: yes is not a value of JSON; write true
            """),
        new(
            "None",
            """
            { "admin": None }
            """,
            """
            lb.json:1:12: None is not a value of JSON; write null
            """),
        new(
            "duration without quotes",
            """
            {
              "drainTimeout": 30s
            }
            """,
            """
            lb.json:2:19: a duration stands in double quotes: "30s"
            """),
        new(
            "leading zero",
            """
            { "listeners": { "web": { "bind": ":80", "backlog": 010 } } }
            """,
            """
            lb.json:1:53: 010 is not a number; a text stands in double quotes
            """),
        new(
            "bare word number",
            """
            { "listeners": { "web": { "bind": 127.0.0.1:80 } } }
            """,
            """
            lb.json:1:35: 127.0.0.1 is not a number; a text stands in double quotes
            """),
        new(
            "text over the line end",
            """
            {
              "drainTimeout": "30s
            }
            """,
            """
            lb.json:2:19: this text has no closing quote in its line
            """),
        new(
            "unterminated text",
            """
            { "drainTimeout": "30s
            """,
            """
            lb.json:1:19: this text has no closing quote in its line
            """),
        new(
            "bad escape",
            """
            { "$schema": "c:\dir" }
            """,
            """
            lb.json:1:18: this is no escape of JSON; a backslash itself is written \\
            """),
        new(
            "bad unicode escape",
            """
            { "$schema": "\u12" }
            """,
            """
            lb.json:1:19: this is no escape of JSON; a backslash itself is written \\
            """),
        new(
            "half a surrogate pair",
            """
            { "$schema": "\ud800" }
            """,
            """
            lb.json:1:14: a \u escape in this text is half of a surrogate pair; write the character itself
            """),
        new(
            "tab in text",
            "{ \"$schema\": \"a\tb\" }",
            """
            lb.json:1:16: a control character in a text; write \t for a tab, \u00XX for others
            """),
        new(
            "unterminated comment",
            """
            {
              /* web
            }
            """,
            """
            lb.json:2:3: this comment is never closed; end it with */
            """),
        new(
            "hash comment",
            """
            # lb
            {}
            """,
            """
            lb.json:1:1: a comment starts with //
            """),
        new(
            "wrong closing bracket",
            """
            { "discovery": { "order": ["dns"} }
            """,
            """
            lb.json:1:33: } closes nothing here; the bracket that is open is the [ of line 1
            """),
        new(
            "something after the end",
            """
            { "listeners": {} }
            }
            """,
            """
            lb.json:2:1: something follows the end; the file holds one object { } and nothing after it
            """),
        new(
            "two objects",
            """
            {} {}
            """,
            """
            lb.json:1:4: something follows the end; the file holds one object { } and nothing after it
            """),
        new(
            "no-break space",
            "{ \"admin\":\u00a0null }",
            """
            lb.json:1:11: an invisible character (U+00A0); write a plain space
            """),
        new(
            "root is a list",
            """
            []
            """,
            """
            lb.json:1:1: found a list [ ]; expected an object, for example { "listeners": { "name": { "bind": ":8080" } } }
            """),
        new(
            "root is a text",
            """
            "lb"
            """,
            """
            lb.json:1:1: found the text "lb"; expected an object, for example { "listeners": { "name": { "bind": ":8080" } } }
            """),
        new(
            "duplicate key",
            """
            {
              "listeners": { "web": { "bind": ":80" } },
              "listeners": {}
            }
            """,
            """
            lb.json:3:3: listeners: the key is given twice, first in line 2; keep one of them
            """),
        new(
            "duplicate nested key",
            """
            {
              "listeners": {
                "web": { "bind": ":80", "bind": ":81" }
              }
            }
            """,
            """
            lb.json:3:29: listeners.web.bind: the key is given twice, first in line 3; keep one of them
            """),
        new(
            "nested too deep",
            """
            { "a": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]] }
            """,
            """
            lb.json:1:39: nested more than 32 deep; nothing in lb.json is
            """),
        new(
            "unknown key at the root",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "service": {}
            }
            """,
            """
            lb.json:3:3: service: unknown key; did you mean "services"?
            """),
        new(
            "unknown key far from all",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "frontends": {}
            }
            """,
            """
            lb.json:3:3: frontends: unknown key; known here: listeners, discovery, routing, services, admin, registry, reactor, log, drainDelay, drainTimeout
            """),
        new(
            "unknown key in a service",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "consul": {} },
              "services": {
                "api": { "balanse": "roundRobin" }
              }
            }
            """,
            """
            lb.json:5:14: services.api.balanse: unknown key; did you mean "balance"?
            """),
        new(
            "key in the wrong case",
            """
            {
              "listeners": {
                "web": { "Bind": ":80" }
              }
            }
            """,
            """
            lb.json:3:14: listeners.web.Bind: unknown key; did you mean "bind"?
            """),
        new(
            "swapped letters",
            """
            {
              "listeners": {
                "web": { "bind": ":80", "protocl": "http" }
              }
            }
            """,
            """
            lb.json:3:29: listeners.web.protocl: unknown key; did you mean "protocol"?
            """),
        new(
            "no listeners",
            """
            { "discovery": { "consul": {} } }
            """,
            """
            lb.json:1:1: listeners: there is no listener; add one, for example "web": { "bind": ":8080" }
            """),
        new(
            "empty listeners",
            """
            {
              "listeners": {}
            }
            """,
            """
            lb.json:2:16: listeners: there is no listener; add one, for example "web": { "bind": ":8080" }
            """),
        new(
            "bind missing",
            """
            {
              "listeners": {
                "web": { "protocol": "http" }
              }
            }
            """,
            """
            lb.json:3:5: listeners.web.bind: missing; expected an address to listen on, for example ":8080"
            """),
        new(
            "bind null",
            """
            {
              "listeners": {
                "web": { "bind": null }
              }
            }
            """,
            """
            lb.json:3:22: listeners.web.bind: null is not allowed here; expected an address to listen on, for example ":8080"
            """),
        new(
            "bind a number",
            """
            {
              "listeners": {
                "web": { "bind": 8080 }
              }
            }
            """,
            """
            lb.json:3:22: listeners.web.bind: found the number 8080; expected an address to listen on, for example ":8080"
            """),
        new(
            "port zero",
            """
            {
              "listeners": {
                "web": { "bind": ":0" }
              }
            }
            """,
            """
            lb.json:3:22: listeners.web.bind: "0" is not a port; a port is a number from 1 to 65535
            """),
        new(
            "port too large",
            """
            {
              "listeners": {
                "web": { "bind": "127.0.0.1:65536" }
              }
            }
            """,
            """
            lb.json:3:22: listeners.web.bind: "65536" is not a port; a port is a number from 1 to 65535
            """),
        new(
            "port not a number",
            """
            {
              "listeners": {
                "web": { "bind": ":http" }
              }
            }
            """,
            """
            lb.json:3:22: listeners.web.bind: "http" is not a port; a port is a number from 1 to 65535
            """),
        new(
            "port two numbers",
            """
            {
              "listeners": {
                "web": { "bind": "0.0.0.0:80 80" }
              }
            }
            """,
            """
            lb.json:3:22: listeners.web.bind: "80 80" is not a port; a port is a number from 1 to 65535
            """),
        new(
            "no port",
            """
            {
              "listeners": {
                "web": { "bind": "127.0.0.1" }
              }
            }
            """,
            """
            lb.json:3:22: listeners.web.bind: "127.0.0.1" has no port; write "127.0.0.1:8080", ":8080", "[::1]:8080" or "unix:/run/lb.sock"
            """),
        new(
            "host name",
            """
            {
              "listeners": {
                "web": { "bind": "lb.example.com:80" }
              }
            }
            """,
            """
            lb.json:3:22: listeners.web.bind: "lb.example.com" is not an IP address of this machine, * or localhost; write "127.0.0.1:8080", ":8080", "[::1]:8080" or "unix:/run/lb.sock"
            """),
        new(
            "IPv6 without brackets",
            """
            {
              "listeners": {
                "web": { "bind": "::1:80" }
              }
            }
            """,
            """
            lb.json:3:22: listeners.web.bind: "::1:80" is ambiguous: an IPv6 address stands in brackets; write "127.0.0.1:8080", ":8080", "[::1]:8080" or "unix:/run/lb.sock"
            """),
        new(
            "short IPv4",
            """
            {
              "listeners": {
                "web": { "bind": "127.1:80" }
              }
            }
            """,
            """
            lb.json:3:22: listeners.web.bind: "127.1" is not an IP address of this machine, * or localhost; write "127.0.0.1:8080", ":8080", "[::1]:8080" or "unix:/run/lb.sock"
            """),
        new(
            "empty bind",
            """
            {
              "listeners": {
                "web": { "bind": "" }
              }
            }
            """,
            """
            lb.json:3:22: listeners.web.bind: "" has no port; write "127.0.0.1:8080", ":8080", "[::1]:8080" or "unix:/run/lb.sock"
            """),
        new(
            "empty unix path",
            """
            {
              "listeners": {
                "web": { "bind": "unix:" }
              }
            }
            """,
            """
            lb.json:3:22: listeners.web.bind: a Unix socket needs an absolute path of at most 107 bytes, for example "unix:/run/lb.sock"
            """),
        new(
            "bad listener name",
            """
            {
              "listeners": { "web 1": { "bind": ":80" } }
            }
            """,
            """
            lb.json:2:18: listeners."web 1": not a possible name; a name is made of letters, digits, - _ . @
            """),
        new(
            "empty listener name",
            """
            { "listeners": { "": { "bind": ":80" } } }
            """,
            """
            lb.json:1:18: listeners."": not a possible name; a name is made of letters, digits, - _ . @
            """),
        new(
            "protocol not yet",
            """
            {
              "listeners": {
                "web": { "bind": ":443", "protocol": "https" }
              }
            }
            """,
            """
            lb.json:3:42: listeners.web.protocol: "https" is not available yet; use "http", "tcp" or "tls"
            """),
        new(
            "protocol misspelt",
            """
            {
              "listeners": {
                "web": { "bind": ":80", "protocol": "htp" }
              }
            }
            """,
            """
            lb.json:3:41: listeners.web.protocol: unknown value "htp"; did you mean "http"?
            """),
        new(
            "protocol unknown",
            """
            {
              "listeners": {
                "web": { "bind": ":80", "protocol": "quic" }
              }
            }
            """,
            """
            lb.json:3:41: listeners.web.protocol: found the text "quic"; expected "http", "tcp" or "tls"
            """),
        new(
            "protocol a number",
            """
            {
              "listeners": {
                "web": { "bind": ":80", "protocol": 1 }
              }
            }
            """,
            """
            lb.json:3:41: listeners.web.protocol: found the number 1; expected "http", "tcp" or "tls"
            """),
        new(
            "engine unknown",
            """
            {
              "listeners": {
                "web": { "bind": ":80", "engine": "nginx" }
              }
            }
            """,
            """
            lb.json:3:39: listeners.web.engine: found the text "nginx"; expected "auto", "kestrel" or "reactor"
            """),
        new(
            "threads below zero",
            """
            {
              "listeners": { "web": { "bind": ":80" } },
              "reactor": { "threads": -1 }
            }
            """,
            """
            lb.json:3:27: reactor.threads: found the number -1; expected a whole number from 0 to 1024 without quotes, for example 0
            """),
        new(
            "tcp without service",
            """
            {
              "listeners": {
                "web": { "bind": ":6379", "protocol": "tcp" }
              }
            }
            """,
            """
            lb.json:3:5: listeners.web.service: missing; a tcp listener needs the name of the service that its connections go to
            """),
        new(
            "tcp with trusted proxies",
            """
            {
              "discovery": { "consul": {} },
              "listeners": {
                "r": { "bind": ":6379", "protocol": "tcp", "service": "redis", "trustedProxies": ["10.0.0.1"] }
              }
            }
            """,
            """
            lb.json:4:86: listeners.r.trustedProxies: has no effect on a tcp listener without proxyProtocol; remove it
            """),
        new(
            "tls with trusted proxies",
            """
            {
              "discovery": { "consul": {} },
              "listeners": {
                "s": { "bind": ":443", "protocol": "tls", "trustedProxies": ["10.0.0.1"] }
              }
            }
            """,
            """
            lb.json:4:65: listeners.s.trustedProxies: has no effect on a tls listener without proxyProtocol; remove it
            """),
        new(
            "PROXY headers of nobody",
            """
            {
              "discovery": { "consul": {} },
              "listeners": {
                "s": { "bind": ":443", "protocol": "tls", "proxyProtocol": "require" }
              }
            }
            """,
            """
            lb.json:4:5: listeners.s.trustedProxies: missing; name the proxies whose PROXY header is believed, for example ["10.0.0.0/8"]
            """),
        new(
            "PROXY headers of an unknown version",
            """
            {
              "discovery": { "consul": {} },
              "listeners": { "web": { "bind": ":80", "proxyProtocol": "v2" } },
              "services": { "api": { "sendProxyProtocol": "v3" } }
            }
            """,
            """
            lb.json:3:59: listeners.web.proxyProtocol: found the text "v2"; expected "off" or "require"
            lb.json:4:47: services.api.sendProxyProtocol: unknown value "v3"; did you mean "v1"?
            """),
        new(
            "bad CIDR",
            """
            {
              "listeners": {
                "web": { "bind": ":80", "trustedProxies": ["10.0.0.0/8", "10.0.0/8", "lan"] }
              }
            }
            """,
            """
            lb.json:3:62: listeners.web.trustedProxies[1]: "10.0.0/8" is neither an IP address nor a range such as "10.0.0.0/8"
            lb.json:3:74: listeners.web.trustedProxies[2]: "lan" is neither an IP address nor a range such as "10.0.0.0/8"
            """),
        new(
            "CIDR with host bits",
            """
            {
              "listeners": {
                "web": { "bind": ":80", "trustedProxies": ["10.1.2.3/8"] }
              }
            }
            """,
            """
            lb.json:3:48: listeners.web.trustedProxies[0]: 10.1.2.3 has bits behind its prefix of 8; write "10.0.0.0/8" for the range or "10.1.2.3" for the address
            """),
        new(
            "CIDR too long",
            """
            {
              "listeners": {
                "web": { "bind": ":80", "trustedProxies": ["10.0.0.0/33"] }
              }
            }
            """,
            """
            lb.json:3:48: listeners.web.trustedProxies[0]: "/33" is not the length of a prefix; it is from /0 to /32 here
            """),
        new(
            "list wanted",
            """
            {
              "listeners": {
                "web": { "bind": ":80", "trustedProxies": "10.0.0.0/8" }
              }
            }
            """,
            """
            lb.json:3:47: listeners.web.trustedProxies: found the text "10.0.0.0/8"; expected a list, for example ["10.0.0.0/8"]
            """),
        new(
            "negative",
            """
            {
              "listeners": {
                "web": { "bind": ":80", "maxConnections": -1 }
              }
            }
            """,
            """
            lb.json:3:47: listeners.web.maxConnections: found the number -1; expected a whole number from 0 to 10000000 without quotes, for example 0
            """),
        new(
            "fraction",
            """
            {
              "listeners": {
                "web": { "bind": ":80", "backlog": 1.5 }
              }
            }
            """,
            """
            lb.json:3:40: listeners.web.backlog: found the number 1.5; expected a whole number from 1 to 65535 without quotes, for example 1024
            """),
        new(
            "huge number",
            """
            {
              "listeners": {
                "web": { "bind": ":80", "backlog": 99999999999999999999 }
              }
            }
            """,
            """
            lb.json:3:40: listeners.web.backlog: found the number 99999999999999999999; expected a whole number from 1 to 65535 without quotes, for example 1024
            """),
        new(
            "huge exponent",
            """
            {
              "listeners": {
                "web": { "bind": ":80", "backlog": 1e999 }
              }
            }
            """,
            """
            lb.json:3:40: listeners.web.backlog: found the number 1e999; expected a whole number from 1 to 65535 without quotes, for example 1024
            """),
        new(
            "number in quotes",
            """
            {
              "listeners": {
                "web": { "bind": ":80", "backlog": "512" }
              }
            }
            """,
            """
            lb.json:3:40: listeners.web.backlog: found the text "512"; expected a whole number from 1 to 65535 without quotes, for example 1024
            """),
        new(
            "same bind",
            """
            {
              "listeners": {
                "a": { "bind": ":80" },
                "b": { "bind": ":80" }
              }
            }
            """,
            """
            lb.json:4:20: listeners.b.bind: :80 is already taken by listeners.a.bind (:80); use another port or address
            """),
        new(
            "overlapping bind",
            """
            {
              "listeners": {
                "a": { "bind": "127.0.0.1:80" },
                "b": { "bind": "0.0.0.0:80" }
              }
            }
            """,
            """
            lb.json:4:20: listeners.b.bind: 0.0.0.0:80 is already taken by listeners.a.bind (127.0.0.1:80); use another port or address
            """),
        new(
            "IPv6 any overlaps IPv4",
            """
            {
              "listeners": {
                "a": { "bind": "10.0.0.1:80" },
                "b": { "bind": "[::]:80" }
              }
            }
            """,
            """
            lb.json:4:20: listeners.b.bind: :80 is already taken by listeners.a.bind (10.0.0.1:80); use another port or address
            """),
        new(
            "same unix socket",
            """
            {
              "listeners": {
                "a": { "bind": "unix:/run/lb.sock" },
                "b": { "bind": "unix:/run/lb.sock" }
              }
            }
            """,
            """
            lb.json:4:20: listeners.b.bind: unix:/run/lb.sock is already taken by listeners.a.bind (unix:/run/lb.sock); use another port or address
            """),
        new(
            "listener on the default admin port",
            """
            {
              "listeners": {
                "web": { "bind": ":8404" }
              }
            }
            """,
            """
            lb.json:3:22: listeners.web.bind: :8404 is already taken by admin.bind (127.0.0.1:8404, the default); use another port or address
            """),
        new(
            "admin on a listener",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "admin": { "bind": "127.0.0.1:8080" }
            }
            """,
            """
            lb.json:3:22: admin.bind: 127.0.0.1:8080 is already taken by listeners.web.bind (:8080); use another port or address
            """),
        new(
            "registry on a listener",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "registry": { "http": "127.0.0.1:8080" }
            }
            """,
            """
            lb.json:3:25: registry.http: 127.0.0.1:8080 is already taken by listeners.web.bind (:8080); use another port or address
            """),
        new(
            "bare number for a duration",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "drainTimeout": 30
            }
            """,
            """
            lb.json:3:19: drainTimeout: found the number 30; expected a duration from 0s to 24h with its unit (ms, s, m or h), for example "30s"
            """),
        new(
            "drain delay that no service manager waits for",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "drainDelay": "2h"
            }
            """,
            """
            lb.json:3:17: drainDelay: found the text "2h"; expected a duration from 0s to 1h with its unit (ms, s, m or h), for example "0s"
            """),
        new(
            "bad duration",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "drainTimeout": "30 seconds"
            }
            """,
            """
            lb.json:3:19: drainTimeout: found the text "30 seconds"; expected a duration from 0s to 24h with its unit (ms, s, m or h), for example "30s"
            """),
        new(
            "duration without unit",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "drainTimeout": "30"
            }
            """,
            """
            lb.json:3:19: drainTimeout: found the text "30"; expected a duration from 0s to 24h with its unit (ms, s, m or h), for example "30s"
            """),
        new(
            "units in the wrong order",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "drainTimeout": "5s1m"
            }
            """,
            """
            lb.json:3:19: drainTimeout: found the text "5s1m"; expected a duration from 0s to 24h with its unit (ms, s, m or h), for example "30s"
            """),
        new(
            "duration too long",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "drainTimeout": "999999999h"
            }
            """,
            """
            lb.json:3:19: drainTimeout: found the text "999999999h"; expected a duration from 0s to 24h with its unit (ms, s, m or h), for example "30s"
            """),
        new(
            "duration over its limit",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "services": { "*": { "timeouts": { "connect": "11m" } } }
            }
            """,
            """
            lb.json:3:49: services.*.timeouts.connect: found the text "11m"; expected a duration from 1ms to 10m with its unit (ms, s, m or h), for example "2s"
            """),
        new(
            "duration of zero",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "services": { "*": { "timeouts": { "connect": "0s" } } }
            }
            """,
            """
            lb.json:3:49: services.*.timeouts.connect: found the text "0s"; expected a duration from 1ms to 10m with its unit (ms, s, m or h), for example "2s"
            """),
        new(
            "first byte after idle",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "services": { "*": { "timeouts": { "firstByte": "2m" } } }
            }
            """,
            """
            lb.json:3:51: services.*.timeouts.firstByte: is longer than idle, which ends a silent request first; raise idle, or lower this
            """),
        new(
            "retries too many",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "services": { "*": { "retry": { "attempts": 8 } } }
            }
            """,
            """
            lb.json:3:47: services.*.retry.attempts: found the number 8; expected a whole number from 0 to 7 without quotes, for example 1
            """),
        new(
            "retry on what is no failure",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "services": { "*": { "retry": { "on": ["resets"], "statuses": [503] } } }
            }
            """,
            """
            lb.json:3:42: services.*.retry.on[0]: unknown value "resets"; did you mean "reset"?
            """),
        new(
            "retry of a success",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "services": { "*": { "retry": { "statuses": [503, 200] } } }
            }
            """,
            """
            lb.json:3:47: services.*.retry.statuses: 200 is not a status from 400 to 599; only errors can be retried
            """),
        new(
            "balance in the words of HAProxy",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "services": { "*": { "balance": "uri" } }
            }
            """,
            """
            lb.json:3:35: services.*.balance: found the text "uri"; expected "roundRobin", "leastRequest", "leastConnections", "random", "first", "hash" or "peakEwma"
            """),
        new(
            "hashOn without a name",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "services": { "*": { "hashOn": "header" } }
            }
            """,
            """
            lb.json:3:34: services.*.hashOn: a name is missing; write "source", "path", "header:X-User", "cookie:session" or "query:user"
            """),
        new(
            "hashOn misspelt",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "services": { "*": { "hashOn": "headers:X-User" } }
            }
            """,
            """
            lb.json:3:34: services.*.hashOn: "headers" cannot be hashed; did you mean "header"?
            """),
        new(
            "hashOn with an impossible name",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "services": { "a": { "hashOn": "cookie:a b" }, "b": { "hashOn": "query:a&b" }, "c": { "hashOn": "source:x" } },
              "discovery": { "consul": {} }
            }
            """,
            """
            lb.json:3:34: services.a.hashOn: "a b" is not the name of a cookie
            lb.json:3:67: services.b.hashOn: "a&b" is not the name of a query parameter
            lb.json:3:99: services.c.hashOn: "source" takes no name; write "source"
            """),
        new(
            "outliers that cannot be",
            """
            { "listeners": { "web": { "bind": ":8080" } }, "discovery": { "consul": {} },
              "services": {
                "a": { "outliers": { "statuses": ["500", "6xx"] } },
                "b": { "outliers": { "ejectionTime": "1m", "maxEjectionTime": "30s" } },
                "c": { "outliers": { "successRate": { "minimumEndpoints": 1 } } },
                "d": { "panicThreshold": 101, "panic": "spred" },
              }
            }
            """,
            """
            lb.json:3:46: services.a.outliers.statuses[1]: "6xx" is no status from 100 to 599; write "503", "5xx" or "502-504"
            lb.json:4:67: services.b.outliers.maxEjectionTime: is shorter than ejectionTime
            lb.json:5:63: services.c.outliers.successRate.minimumEndpoints: found the number 1; expected a whole number from 2 to 10000 without quotes, for example 3
            lb.json:6:30: services.d.panicThreshold: found the number 101; expected a whole number from 0 to 100 without quotes, for example 0
            lb.json:6:44: services.d.panic: unknown value "spred"; did you mean "spread"?
            """),
        new(
            "hash balance factor without room",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "services": { "*": { "hashBalanceFactor": 0.5 } }
            }
            """,
            """
            lb.json:3:45: services.*.hashBalanceFactor: below 1 there is no room for all requests; write 1.25, or 0 for no bound
            """),
        new(
            "balance misspelt",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "services": { "*": { "balance": "roundrobin" } }
            }
            """,
            """
            lb.json:3:35: services.*.balance: unknown value "roundrobin"; did you mean "roundRobin"?
            """),
        new(
            "section a list",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "services": []
            }
            """,
            """
            lb.json:3:15: services: found a list [ ]; expected an object with names as keys, for example { "name": { "source": "consul" } }
            """),
        new(
            "section null",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "log": null
            }
            """,
            """
            lb.json:3:10: log: null is not allowed here; leave the key out, or write an object, for example { "level": "info" }
            """),
        new(
            "boolean in quotes",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "registry": { "allowScripts": "true" }
            }
            """,
            """
            lb.json:3:33: registry.allowScripts: found the text "true"; expected true or false, without quotes
            """),
        new(
            "log level",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "log": { "level": "warning" }
            }
            """,
            """
            lb.json:3:21: log.level: found the text "warning"; expected "trace", "debug", "info", "warn" or "error"
            """),
        new(
            "source twice in the order",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "order": ["dns", "consul", "dns"] }
            }
            """,
            """
            lb.json:3:27: discovery.order: a source stands twice in the order; keep the first
            """),
        new(
            "unknown keys in serviceMeta",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "serviceMeta": ["balance", "ratelimit"] }
            }
            """,
            """
            lb.json:3:33: discovery.serviceMeta: a service has no key "ratelimit"; did you mean "rateLimit"?
            """),
        new(
            "a number that must be given is not",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "consul": {} },
              "services": { "*": { "limits": {}, "rateLimit": { "burst": 5 } } }
            }
            """,
            """
            lb.json:4:24: services.*.limits.maxRequests: missing; expected a whole number from 1 to 10000000 without quotes, for example 1
            lb.json:4:38: services.*.rateLimit.rate: missing; expected a number from 0.001 to 1000000 without quotes, for example 0.5
            """),
        new(
            "order empty",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "order": [] }
            }
            """,
            """
            lb.json:3:27: discovery.order: must not be empty
            """),
        new(
            "null in a list",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "order": [null] }
            }
            """,
            """
            lb.json:3:28: discovery.order[0]: found null; expected "consul", "dns" or "static"
            """),
        new(
            "state file empty",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "stateFile": "" }
            }
            """,
            """
            lb.json:3:31: discovery.stateFile: found the text ""; expected the path of a file
            """),
        new(
            "token file missing",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "consul": { "tokenFile": "no/such/token" } }
            }
            """,
            """
            lb.json:3:43: discovery.consul.tokenFile: there is no file /etc/lb/no/such/token; paths are relative to the folder of the configuration file
            """),
        new(
            "ca missing",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "consul": { "tls": { "ca": "no/ca.pem" } } }
            }
            """,
            """
            lb.json:3:45: discovery.consul.tls.ca: there is no file /etc/lb/no/ca.pem; paths are relative to the folder of the configuration file
            """),
        new(
            "consul address",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "consul": { "address": "ftp://consul" } }
            }
            """,
            """
            lb.json:3:41: discovery.consul.address: 'ftp://consul' is no agent address; write http://host:port, https://host:port, unix:///path or host:port
            """),
        new(
            "static without port",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "static": { "api": ["10.0.0.1:80", "10.0.0.2"] } }
            }
            """,
            """
            lb.json:3:53: discovery.static.api[1]: '10.0.0.2' has no port: write "10.0.0.2:80"
            """),
        new(
            "static object without port",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "static": { "api": [{ "address": "10.0.0.2", "weight": 2 }] } }
            }
            """,
            """
            lb.json:3:51: discovery.static.api[0].address: '10.0.0.2' has no port: write "10.0.0.2:80"
            """),
        new(
            "static weight",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "static": { "api": [{ "address": "10.0.0.2:80", "weight": -2 }] } }
            }
            """,
            """
            lb.json:3:76: discovery.static.api[0].weight: found the number -2; expected a whole number from 0 to 65535 without quotes, for example 1
            """),
        new(
            "static not a list",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "static": { "api": "10.0.0.1:80" } }
            }
            """,
            """
            lb.json:3:37: discovery.static.api: found the text "10.0.0.1:80"; expected a list, for example ["10.0.0.7:8080"]
            """),
        new(
            "static number in list",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "static": { "api": [80] } }
            }
            """,
            """
            lb.json:3:38: discovery.static.api[0]: found the number 80; expected a text or an object, for example "10.0.0.7:8080"
            """),
        new(
            "static endpoint twice",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "static": { "api": ["10.0.0.1:80", "10.0.0.1:80"] } }
            }
            """,
            """
            lb.json:3:37: discovery.static.api: the endpoint 10.0.0.1:80 stands twice in 'api': keep one and give it the weight of both
            """),
        new(
            "static names differ in case",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "static": { "api": [], "API": [] } }
            }
            """,
            """
            lb.json:3:41: discovery.static.API: differs from another service only in case; names are compared without regard to it
            """),
        new(
            "dns server",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "dns": { "servers": ["127.0.0.1:0"] } }
            }
            """,
            """
            lb.json:3:38: discovery.dns.servers: the port '0' of '127.0.0.1:0' is not a number from 1 to 65535
            """),
        new(
            "dns service",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "dns": { "services": ["a.b.c"] } }
            }
            """,
            """
            lb.json:3:40: discovery.dns.services[0]: 'a.b.c' may be a full name or one below the domain: write "a.b.c." with a final dot for the full name
            """),
        new(
            "domain",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "routing": { "domain": "haproxy.service.consul." }
            }
            """,
            """
            lb.json:3:26: routing.domain: not a domain; write it without a dot at its ends, for example "haproxy.service.consul"
            """),
        new(
            "route without service",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "routing": { "routes": [ { "host": "a.example" } ] }
            }
            """,
            """
            lb.json:3:28: routing.routes[0].service: missing; expected the name of a service, for example "api", or a split
            """),
        new(
            "route to an unknown service",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "static": { "billing": [] } },
              "routing": {
                "routes": [ { "path": "/bill", "service": "biling" } ]
              }
            }
            """,
            """
            lb.json:5:47: routing.routes[0].service: no source provides a service "biling"; did you mean "billing"?
            """),
        new(
            "route to a service of no source",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "routing": { "routes": [ { "service": "cart" } ] }
            }
            """,
            """
            lb.json:3:41: routing.routes[0].service: no source provides a service "cart"; add it to discovery.static or discovery.dns.services, or configure discovery.consul
            """),
        new(
            "route host with port",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "consul": {} },
              "routing": { "routes": [ { "host": "a.example:80", "service": "a" } ] }
            }
            """,
            """
            lb.json:4:38: routing.routes[0].host: "a.example:80" is not a host name; write "shop.example.com" or "*.example.com", without scheme, port and path
            """),
        new(
            "route host with a star inside",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "consul": {} },
              "routing": { "routes": [ { "host": "a.*.example", "service": "a" } ] }
            }
            """,
            """
            lb.json:4:38: routing.routes[0].host: "a.*.example" is not a host name; write "shop.example.com" or "*.example.com", without scheme, port and path
            """),
        new(
            "route path",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "consul": {} },
              "routing": { "routes": [ { "path": "cart", "service": "a" } ] }
            }
            """,
            """
            lb.json:4:38: routing.routes[0].path: "cart" is not a path; it starts with / and has no white space, ? or #
            """),
        new(
            "route method",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "consul": {} },
              "routing": { "routes": [ { "methods": ["GET", "post"], "service": "a" } ] }
            }
            """,
            """
            lb.json:4:41: routing.routes[0].methods: "post" is not a method; methods are written in capitals, for example "GET"
            """),
        new(
            "route header name",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "consul": {} },
              "routing": { "routes": [ { "headers": { "X Y": "*" }, "service": "a" } ] }
            }
            """,
            """
            lb.json:4:43: routing.routes[0].headers."X Y": not a possible name; the name of a header field is made of letters, digits and - _ . ! # $ % & ' * + ^ ` | ~
            """),
        new(
            "route header value",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "consul": {} },
              "routing": { "routes": [ { "headers": { "X-Y": 1 }, "service": "a" } ] }
            }
            """,
            """
            lb.json:4:50: routing.routes[0].headers.X-Y: found the number 1; expected a text in double quotes
            """),
        new(
            "same route twice",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "consul": {} },
              "routing": {
                "routes": [
                  { "host": "a.example", "methods": ["GET", "PUT"], "service": "a" },
                  { "host": "A.example", "methods": ["PUT", "GET"], "service": "b" },
                ]
              }
            }
            """,
            """
            lb.json:7:7: routing.routes[1]: matches the same requests as routing.routes[0] of line 6; remove one of them
            """),
        new(
            "listener to an unknown service",
            """
            {
              "listeners": {
                "web": { "bind": ":80", "service": "api" }
              }
            }
            """,
            """
            lb.json:3:40: listeners.web.service: no source provides a service "api"; add it to discovery.static or discovery.dns.services, or configure discovery.consul
            """),
        new(
            "listener with a bad service name",
            """
            {
              "listeners": {
                "web": { "bind": ":80", "service": "a/b" }
              }
            }
            """,
            """
            lb.json:3:40: listeners.web.service: not a possible name of a service; a name is made of letters, digits, - _ . @
            """),
        new(
            "services entry of no source",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "services": { "api": {} }
            }
            """,
            """
            lb.json:3:24: services.api: no source provides a service "api"; add it to discovery.static or discovery.dns.services, or configure discovery.consul
            """),
        new(
            "bad service name",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "services": { "a/b": {} }
            }
            """,
            """
            lb.json:3:17: services."a/b": not a possible name; a name is made of letters, digits, - _ . @
            """),
        new(
            "source that is not configured",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "static": { "api": ["10.0.0.1:80"] } },
              "services": { "api": { "source": "consul" } }
            }
            """,
            """
            lb.json:4:36: services.api.source: there is no discovery.consul; configure it, or remove the source
            """),
        new(
            "sticky",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "consul": {} },
              "services": {
                "a": { "sticky": true },
                "b": { "sticky": "a b" },
                "c": { "sticky": { "secret": "short" } },
                "d": { "sticky": { "sameSite": "none" } },
                "e": { "sticky": { "path": "x; y", "domain": ".example.com" } }
              }
            }
            """,
            """
            lb.json:5:22: services.a.sticky: found true; expected a text or an object, for example "lb"
            lb.json:6:22: services.b.sticky: "a b" is not the name of a cookie; it is made of letters, digits and - _ . ! # $ % & ' * + ^ ` | ~
            lb.json:7:34: services.c.sticky.secret: a secret of less than 16 characters can be guessed
            lb.json:8:36: services.d.sticky.sameSite: browsers take "none" only from cookies that are Secure; set secure to "always"
            lb.json:9:32: services.e.sticky.path: "x; y" is not the path of a cookie; it starts with / and has no white space and no ;
            lb.json:9:50: services.e.sticky.domain: ".example.com" is not a domain; write it without a dot at its start, for example "example.com"
            """),
        new(
            "split",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "static": { "api": [] } },
              "routing": { "routes": [
                { "host": "a", "service": "api", "split": [{ "service": "api", "weight": 1 }] },
                { "host": "b", "tag": "v1", "split": [{ "service": "api", "weight": 0 }] },
                { "host": "c", "split": [{ "service": "api", "tag": "x", "weight": 1 }, { "service": "API", "tag": "X", "weight": 1 }] },
                { "host": "d", "split": [{ "service": "api", "weight": -1 }, { "service": "api" }] },
                { "host": "e", "service": "api", "splitOn": "source" },
                { "host": "f", "split": [] },
                { "host": "g", "split": [{ "service": "api", "weight": 1 }], "splitOn": "cookie" },
                { "host": "h", "service": "api", "cookies": { "a b": "*" } }
              ] }
            }
            """,
            """
            lb.json:5:47: routing.routes[0].split: a route has either a service or a split; remove one of them
            lb.json:6:27: routing.routes[1].tag: write the tag in the items of the split that it is for
            lb.json:6:42: routing.routes[1].split: all weights are 0, so nobody would get a request
            lb.json:7:29: routing.routes[2].split: names api with the tag x twice; add up the weights
            lb.json:8:60: routing.routes[3].split[0].weight: found the number -1; expected a whole number from 0 to 1000000 without quotes, for example 0
            lb.json:8:66: routing.routes[3].split[1].weight: missing; expected a whole number from 0 to 1000000 without quotes, for example 0
            lb.json:9:49: routing.routes[4].splitOn: decides nothing without a split
            lb.json:10:5: routing.routes[5].service: missing; expected the name of a service, for example "api", or a split
            lb.json:11:77: routing.routes[6].splitOn: a name is missing; write "source", "path", "header:X-User", "cookie:session" or "query:user"
            lb.json:12:51: routing.routes[7].cookies."a b": not a possible name; the name of a cookie is made of letters, digits and - _ . ! # $ % & ' * + ^ ` | ~
            """),
        new(
            "required numbers",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "consul": {} },
              "services": { "a": { "rateLimit": {} }, "b": { "limits": {} } }
            }
            """,
            """
            lb.json:4:24: services.a.rateLimit.rate: missing; expected a number from 0.001 to 1000000 without quotes, for example 0.5
            lb.json:4:50: services.b.limits.maxRequests: missing; expected a whole number from 1 to 10000000 without quotes, for example 1
            """),
        new(
            "mirror",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "static": { "api": [] } },
              "routing": { "routes": [
                { "host": "a", "service": "api", "mirror": {} },
                { "host": "b", "service": "api", "mirror": "api" },
                { "host": "c", "service": "api", "mirror": { "service": "api", "percent": 101, "maxInFlight": 0, "maxBody": -1 } }
              ] }
            }
            """,
            """
            lb.json:5:38: routing.routes[0].mirror.service: missing; expected a text in double quotes, for example "api-next"
            lb.json:6:48: routing.routes[1].mirror: found the text "api"; expected an object, for example { "service": "api-next" }
            lb.json:7:79: routing.routes[2].mirror.percent: found the number 101; expected a number from 0 to 100 without quotes, for example 100
            lb.json:7:99: routing.routes[2].mirror.maxInFlight: found the number 0; expected a whole number from 1 to 100000 without quotes, for example 100
            lb.json:7:113: routing.routes[2].mirror.maxBody: found the number -1; expected a whole number from 0 to 16777216 without quotes, for example 65536
            """),
        new(
            "mirror to nobody",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "static": { "api": [] } },
              "routing": { "routes": [ { "service": "api", "mirror": { "service": "api-next" } } ] }
            }
            """,
            """
            lb.json:4:71: routing.routes[0].mirror.service: no source provides a service "api-next"; add it to discovery.static or discovery.dns.services, or configure discovery.consul
            """),
        new(
            "fallbacks",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "static": { "a": [], "b": [], "c": [], "sorry": [] } },
              "services": {
                "*": { "fallbacks": ["sory"] },
                "a": { "fallbacks": ["b", "sorry"] },
                "B": { "fallbacks": ["c"], "fallbackBelow": 101 },
                "c": { "fallbacks": ["x y"] }
              }
            }
            """,
            """
            lb.json:7:49: services.B.fallbackBelow: found the number 101; expected a whole number from 0 to 100 without quotes, for example 0
            lb.json:8:25: services.c.fallbacks: "x y" is not a possible name of a service; a name is made of letters, digits, - _ . @
            """),
        new(
            "fallbacks to nobody and in a circle",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "static": { "a": [], "b": [], "c": [], "sorry": [] } },
              "services": {
                "*": { "fallbacks": ["sory"] },
                "a": { "fallbacks": ["b", "sorry"] },
                "B": { "fallbacks": ["A"] },
                "c": { "fallbacks": ["c"] },
                "sorry": {}
              }
            }
            """,
            """
            lb.json:5:26: services.*.fallbacks[0]: no source provides a service "sory"; did you mean "sorry"?
            lb.json:6:25: services.a.fallbacks: goes round in a circle: a -> b -> A; remove one of them
            lb.json:7:25: services.B.fallbacks: goes round in a circle: B -> A -> b; remove one of them
            lb.json:8:25: services.c.fallbacks: goes round in a circle: c -> c; remove one of them
            """),
        new(
            "too many datacenters for the connections",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "consul": { "maxConnections": 26, "datacenters": ["dc2"] } },
              "services": { "a": { "fallbacks": ["a@dc2", "a@DC3", "b@dc3"] } }
            }
            """,
            """
            lb.json:3:48: discovery.consul.maxConnections: maxConnections must be at least 28 with the datacenters of the fallbacks
            """),
        new(
            "split to nobody",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "static": { "api": [] } },
              "routing": { "routes": [ { "split": [{ "service": "api", "weight": 9 }, { "service": "apy", "weight": 1 }] } ] }
            }
            """,
            """
            lb.json:4:88: routing.routes[0].split[1].service: no source provides a service "apy"; did you mean "api"?
            """),
        new(
            "services differ in case",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "consul": {} },
              "services": { "api": {}, "Api": {} }
            }
            """,
            """
            lb.json:4:28: services.Api: is the same service as services.api of line 4; names are compared without regard to case
            """),
        new(
            "all errors at once",
            """
            {
              "listeners": {
                "web": { "bind": ":0", "backlog": "x" },
                "tcp": { "bind": ":81", "protocol": "tcp" }
              },
              "drainTimeout": 5,
              "rooting": {}
            }
            """,
            """
            lb.json:3:22: listeners.web.bind: "0" is not a port; a port is a number from 1 to 65535
            lb.json:3:39: listeners.web.backlog: found the text "x"; expected a whole number from 1 to 65535 without quotes, for example 1024
            lb.json:4:5: listeners.tcp.service: missing; a tcp listener needs the name of the service that its connections go to
            lb.json:6:19: drainTimeout: found the number 5; expected a duration from 0s to 24h with its unit (ms, s, m or h), for example "5s"
            lb.json:7:3: rooting: unknown key; did you mean "routing"?
            """),
        new(
            "registry datacenter",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "registry": { "datacenter": "" }
            }
            """,
            """
            lb.json:3:31: registry.datacenter: must not be empty
            """),
        new(
            "wait and silenceTimeout",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "consul": { "wait": "10m", "silenceTimeout": "5m" } }
            }
            """,
            """
            lb.json:3:63: discovery.consul.silenceTimeout: silenceTimeout (00:05:00) must be longer than wait x 17/16 (00:10:37.5000000), because Consul may answer that late
            """),
        new(
            "check without a type",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "consul": {} },
              "services": { "api": { "check": { "path": "/health" } } }
            }
            """,
            """
            lb.json:4:26: services.api.check.type: missing; expected "http", "tcp", "grpc" or "command"
            """),
        new(
            "check of an unknown type",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "consul": {} },
              "services": { "api": { "check": { "type": "https" } } }
            }
            """,
            """
            lb.json:4:45: services.api.check.type: unknown value "https"; did you mean "http"?
            """),
        new(
            "check with wrong values",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "consul": {} },
              "services": { "api": { "check": {
                "type": "http",
                "port": 0,
                "path": "health",
                "method": "get",
                "host": "http://api/",
                "statuses": ["6xx", "399-200"],
                "rise": 0,
                "interval": "50ms",
                "timeout": "0s"
              } } }
            }
            """,
            """
            lb.json:6:13: services.api.check.port: found the number 0; expected a whole number from 1 to 65535 without quotes, for example 1
            lb.json:7:13: services.api.check.path: is not a path; it starts with / and has no white space and no #
            lb.json:8:15: services.api.check.method: is not a method; methods are written in capitals, for example "GET"
            lb.json:9:13: services.api.check.host: is not a host; write a name, with or without a port
            lb.json:10:18: services.api.check.statuses[0]: "6xx" is no status from 100 to 599; write "503", "5xx" or "502-504"
            lb.json:10:25: services.api.check.statuses[1]: "399-200" is no status from 100 to 599; write "503", "5xx" or "502-504"
            lb.json:11:13: services.api.check.rise: found the number 0; expected a whole number from 1 to 1000 without quotes, for example 2
            lb.json:12:17: services.api.check.interval: found the text "50ms"; expected a duration from 100ms to 24h with its unit (ms, s, m or h), for example "5s"
            lb.json:13:16: services.api.check.timeout: found the text "0s"; expected a duration from 10ms to 10m with its unit (ms, s, m or h), for example "2s"
            """),
        new(
            "check with nothing to ask for",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "consul": {} },
              "services": { "api": { "check": { "type": "http", "path": "", "method": "", "host": "" } } }
            }
            """,
            """
            lb.json:4:61: services.api.check.path: must not be empty
            lb.json:4:75: services.api.check.method: must not be empty
            lb.json:4:87: services.api.check.host: must not be empty
            """),
        new(
            "check with no status",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "consul": {} },
              "services": { "api": { "check": { "type": "http", "statuses": [] } } }
            }
            """,
            """
            lb.json:4:65: services.api.check.statuses: must not be empty
            """),
        new(
            "check by a command that is not given",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "consul": {} },
              "services": { "api": { "check": { "type": "command", "command": [""] } }, "web": { "check": { "type": "command" } } }
            }
            """,
            """
            lb.json:4:67: services.api.check.command: a command check needs a program; write for example ["/usr/local/bin/check-api"]
            lb.json:4:86: services.web.check.command: a command check needs a program; write for example ["/usr/local/bin/check-api"]
            """),
        new(
            "check that is slower when it should be faster",
            """
            {
              "listeners":{"web":{"bind":":8080"}},
              "discovery": { "consul": {} },
              "services": { "api": { "check": { "type": "tcp", "interval": "2s", "fastInterval": "3s" } } }
            }
            """,
            """
            lb.json:4:86: services.api.check.fastInterval: is longer than interval
            """),
    ];
}
