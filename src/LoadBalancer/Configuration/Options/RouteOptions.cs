using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using LoadBalancer.Configuration.Binding;
using LoadBalancer.Core.Routing;

namespace LoadBalancer.Configuration.Options;

/// <summary>A match that leads to a service, or to several that share its requests. A request matches when all that is given matches.</summary>
public sealed partial record RouteOptions : IValidatableObject
{
    /// <summary>Host name without a port, exact or "*.name" for all names below it; null matches every host.</summary>
    [Display(Prompt = "shop.example.com")]
    [Description("Host name without a port, exact (`shop.example.com`) or all names below one (`*.example.com`); case does not matter. Without it every host matches.")]
    public string? Host { get; init; }

    /// <summary>Prefix of the path.</summary>
    [Description("Prefix of the path in whole segments: `/cart` matches `/cart` and `/cart/1`, not `/cartoon`. The longest wins among the routes of a host.")]
    public string Path { get; init; } = "/";

    /// <summary>Methods; none means any.</summary>
    [Description("Methods that match, in capitals. Empty matches every method.")]
    [Display(Prompt = "GET")]
    public IReadOnlyList<string> Methods { get; init; } = [];

    /// <summary>Header fields by name, with the exact value, or "*" for any.</summary>
    [Description("Header fields that must be there: name and exact value, or `*` for any value.")]
    [Names(Token, "the name of a header field is made of letters, digits and - _ . ! # $ % & ' * + ^ ` | ~")]
    [Display(Prompt = "*")]
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Cookies by name, with the exact value, or "*" for any.</summary>
    [Description("Cookies that must be there: name and exact value, or `*` for any value.")]
    [Names(Token, "the name of a cookie is made of letters, digits and - _ . ! # $ % & ' * + ^ ` | ~")]
    [Display(Prompt = "*")]
    public IReadOnlyDictionary<string, string> Cookies { get; init; } = new Dictionary<string, string>();

    /// <summary>Where it leads to.</summary>
    [Description("The service that gets the request. Required unless there is a `split`.")]
    [MinLength(1)]
    [Display(Prompt = "api")]
    [RegularExpression(ServiceName.Pattern, ErrorMessage = ServiceName.Rule)]
    public string? Service { get; init; }

    /// <summary>Only endpoints with this tag.</summary>
    [Description("Use only endpoints that carry this tag.")]
    [MinLength(1)]
    [Display(Prompt = "v2")]
    public string? Tag { get; init; }

    /// <summary>Those who share its requests.</summary>
    [Description("Instead of `service` and `tag`: several services or tags that share the requests by weight.")]
    [MaxLength(100, ErrorMessage = "has more than 100 items")]
    public IReadOnlyList<RouteTargetOptions> Split { get; init; } = [];

    /// <summary>What decides between them.</summary>
    [Description("What of a request decides where in the `split` it goes, so that a client stays there: the same forms as `hashOn` of a service. Without it, and for requests without such a key, they take turns.")]
    [Display(Prompt = "cookie:session")]
    public HashOn? SplitOn { get; init; }

    /// <summary>Where copies of its requests go.</summary>
    [Description("Sends copies of the requests to another service, too. Absent or `null`: none.")]
    public MirrorOptions? Mirror { get; init; }

    // RFC 9110 section 5.6.2.
    private const string Token = "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$";

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Host is not null && !HostForm().IsMatch(Host))
        {
            yield return new ValidationResult($"\"{Host}\" is not a host name; write \"shop.example.com\" or \"*.example.com\", without scheme, port and path", [nameof(Host)]);
        }
        if (!PathForm().IsMatch(Path))
        {
            yield return new ValidationResult($"\"{Path}\" is not a path; it starts with / and has no white space, ? or #", [nameof(Path)]);
        }
        if (Methods.FirstOrDefault(method => !MethodForm().IsMatch(method)) is { } wrong)
        {
            yield return new ValidationResult($"\"{wrong}\" is not a method; methods are written in capitals, for example \"GET\"", [nameof(Methods)]);
        }
        foreach (var result in Split.Count == 0 ? ValidateService() : ValidateSplit())
        {
            yield return result;
        }
    }

    /// <summary>The same for the router.</summary>
    public Route ToRoute() => new()
    {
        Host = Host,
        Path = Path,
        Methods = [.. Methods],
        Headers = [.. Headers],
        Cookies = [.. Cookies],
        Service = Service,
        Tag = Tag,
        Split = [.. Split.Select(static target => target.ToTarget())],
        SplitOn = SplitOn?.Key,
        Mirror = Mirror?.ToSettings(),
    };

    /// <summary>The same text for two routes exactly when they match the same requests.</summary>
    internal string MatchKey() => string.Join('\n',
        [
            Host?.ToUpperInvariant().TrimEnd('.') ?? "",
            Path,
            string.Join(',', Methods.Distinct().Order(StringComparer.Ordinal)),
            .. Headers.Select(header => $"{header.Key.ToUpperInvariant()}: {header.Value}").Order(StringComparer.Ordinal),
            .. Cookies.Select(cookie => $"{cookie.Key}={cookie.Value}").Order(StringComparer.Ordinal),
        ]);

    private IEnumerable<ValidationResult> ValidateService()
    {
        if (Service is null)
        {
            yield return new ValidationResult("missing; expected the name of a service, for example \"api\", or a split", [nameof(Service)]);
        }
        if (SplitOn is not null)
        {
            yield return new ValidationResult("decides nothing without a split", [nameof(SplitOn)]);
        }
    }

    private IEnumerable<ValidationResult> ValidateSplit()
    {
        if (Service is not null)
        {
            yield return new ValidationResult("a route has either a service or a split; remove one of them", [nameof(Split)]);
        }
        if (Tag is not null)
        {
            yield return new ValidationResult("write the tag in the items of the split that it is for", [nameof(Tag)]);
        }
        if (Split.All(static target => target.Weight == 0))
        {
            yield return new ValidationResult("all weights are 0, so nobody would get a request", [nameof(Split)]);
        }
        if (Split.GroupBy(static target => (target.Service.ToUpperInvariant(), target.Tag?.ToUpperInvariant())).FirstOrDefault(static group => group.Count() > 1) is { } same)
        {
            yield return new ValidationResult($"names {same.First().Service}{(same.First().Tag is { } tag ? $" with the tag {tag}" : "")} twice; add up the weights", [nameof(Split)]);
        }
    }

    [GeneratedRegex(@"^(\*\.)?(?=.{1,253}\z)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?\z|^\[[0-9A-Fa-f:.]+\]\z")]
    private static partial Regex HostForm();

    [GeneratedRegex(@"^/[^\s?#\x00-\x1f]*\z")]
    private static partial Regex PathForm();

    [GeneratedRegex(@"^[A-Z][A-Z0-9_-]*\z")]
    private static partial Regex MethodForm();
}
