using System.Buffers;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Core.Stickiness;

/// <summary>The cookie that keeps a client at its endpoint (RFC 6265).</summary>
public sealed record StickyOptions : IParsable<StickyOptions>, IValidatableObject
{
    // RFC 9110 section 5.6.2.
    private static readonly SearchValues<char> s_token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>The name; null derives one from the service.</summary>
    [Description("Name of the cookie. By default `lb-` and eight hexadecimal digits that follow from the service, so that services which share a host do not overwrite each other's.")]
    [Display(Prompt = "lb")]
    public string? Cookie { get; init; }

    /// <summary>The path below which clients send it.</summary>
    [Description("The path below which clients send the cookie.")]
    public string Path { get; init; } = "/";

    /// <summary>The domain below which clients send it; null is the host of the request alone.</summary>
    [Description("The domain to whose hosts clients send the cookie. By default only to the host that set it.")]
    [Display(Prompt = "example.com")]
    public string? Domain { get; init; }

    /// <summary>Whether it is marked Secure.</summary>
    [Description("Whether clients send the cookie over TLS only: `auto` when the request came over TLS, here or at one of `trustedProxies` that says so in `X-Forwarded-Proto`.")]
    public SecureCookie Secure { get; init; }

    /// <summary>Keeps it from scripts.</summary>
    [Description("Keep the cookie from scripts.")]
    public bool HttpOnly { get; init; } = true;

    /// <summary>When it goes with requests that other sites cause.</summary>
    [Description("When browsers send the cookie with requests that other sites cause. `none` needs `\"secure\": \"always\"`.")]
    public SameSite SameSite { get; init; }

    /// <summary>How long clients keep it from when it was set; zero for as long as the browser runs.</summary>
    [Description("How long clients keep the cookie from when it was set, as a duration. `0s`: until the browser ends.")]
    [Range(typeof(TimeSpan), "00:00:00", "41.16:00:00")]
    public TimeSpan Lifetime { get; init; }

    /// <summary>The key of the value; null for the one that every balancer has.</summary>
    [Description("Keys the value of the cookie. Balancers with the same secret agree on it, and so do those without one; with one, nobody can tell the endpoint from the value by trying out addresses.")]
    [MinLength(16, ErrorMessage = "a secret of less than 16 characters can be guessed")]
    [Display(Prompt = "a long random text")]
    public string? Secret { get; init; }

    /// <summary>The short form: the name of the cookie.</summary>
    public static StickyOptions Parse(string s, IFormatProvider? provider = null) => new() { Cookie = s };

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out StickyOptions result)
    {
        result = s is null ? null : Parse(s, provider);
        return result is not null;
    }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Cookie is not null && (Cookie.Length == 0 || Cookie.AsSpan().ContainsAnyExcept(s_token)))
        {
            yield return new ValidationResult($"\"{Cookie}\" is not the name of a cookie; it is made of letters, digits and - _ . ! # $ % & ' * + ^ ` | ~", [nameof(Cookie)]);
        }
        if (!Path.StartsWith('/') || Path.AsSpan().ContainsAnyExceptInRange('!', '~') || Path.Contains(';', StringComparison.Ordinal))
        {
            yield return new ValidationResult($"\"{Path}\" is not the path of a cookie; it starts with / and has no white space and no ;", [nameof(Path)]);
        }
        if (Domain is not null && !DomainName.IsValid(Domain))
        {
            yield return new ValidationResult($"\"{Domain}\" is not a domain; write it without a dot at its start, for example \"example.com\"", [nameof(Domain)]);
        }
        if (SameSite == SameSite.None && Secure != SecureCookie.Always)
        {
            yield return new ValidationResult("browsers take \"none\" only from cookies that are Secure; set secure to \"always\"", [nameof(SameSite)]);
        }
    }
}
