using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using LoadBalancer.Core.Model.Meta;

namespace LoadBalancer.Core.Health.Active;

/// <summary>How and how often the endpoints of a service are checked.</summary>
public sealed record ActiveCheckOptions : IValidatableObject
{
    private static readonly TimeSpan s_fastInterval = TimeSpan.FromSeconds(1);

    /// <summary>The kind of check.</summary>
    [Description("What is asked: `http`, `tcp` (a connection), `grpc` (gRPC's health protocol) or `command` (a program).")]
    [Required]
    public ActiveCheckType? Type { get; init; }

    /// <summary>The port that is asked; null for the port of the traffic.</summary>
    [Description("The port that is asked. Absent: that of the traffic.")]
    [Range(1, 65535)]
    public int? Port { get; init; }

    /// <summary>Between two checks, from the end of one to the start of the next.</summary>
    [Description("How long after a check the next one follows, as a duration; a tenth more or less, so that checks spread.")]
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The same while the verdict is undecided; null for a second, or <see cref="Interval"/> if that is shorter.</summary>
    [Description("The same while the last check contradicts the verdict (a failure while up, a success while down). Absent: a second, or `interval` if that is shorter.")]
    [Range(typeof(TimeSpan), "00:00:00.01", "1.00:00:00")]
    public TimeSpan? FastInterval { get; init; }

    /// <summary>How long one check may take.</summary>
    [Description("How long a check may take, as a duration; then it has failed.")]
    [Range(typeof(TimeSpan), "00:00:00.01", "00:10:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Successes in a row that bring an endpoint back.</summary>
    [Description("Successes in a row that bring an endpoint back.")]
    [Range(1, 1000)]
    public int Rise { get; init; } = 2;

    /// <summary>Failures in a row that take an endpoint out.</summary>
    [Description("Failures in a row that take an endpoint out.")]
    [Range(1, 1000)]
    public int Fall { get; init; } = 3;

    /// <summary>What a new endpoint is before its first check.</summary>
    [Description("What a new endpoint is: `up` (as its source says, until checks fail) or `down` (out until its first check succeeds).")]
    public InitialVerdict Initial { get; init; }

    /// <summary>The path and query that an HTTP check asks for.</summary>
    [Description("`http`: the path, with a query if need be.")]
    [MinLength(1)]
    [RegularExpression(@"^/[^\s#\x00-\x1f\x7f]*$", ErrorMessage = "is not a path; it starts with / and has no white space and no #")]
    [Display(Prompt = "/health")]
    public string Path { get; init; } = "/";

    /// <summary>The method of an HTTP check.</summary>
    [Description("`http`: the method, in capitals.")]
    [MinLength(1)]
    [RegularExpression("^[A-Z][A-Z0-9_-]*$", ErrorMessage = "is not a method; methods are written in capitals, for example \"GET\"")]
    public string Method { get; init; } = "GET";

    /// <summary>The host that an HTTP or gRPC check names; null for the endpoint's address.</summary>
    [Description("`http` and `grpc`: the host that is asked for. Absent: the endpoint's address.")]
    [MinLength(1)]
    [RegularExpression(@"^[A-Za-z0-9._:\[\]-]+$", ErrorMessage = "is not a host; write a name, with or without a port")]
    [Display(Prompt = "api.example.com")]
    public string? Host { get; init; }

    /// <summary>The statuses that an HTTP check takes for a success.</summary>
    [Description("`http`: statuses that are a success, each a status or a range. Redirects are not followed.")]
    [MinLength(1)]
    [Display(Prompt = "200-399")]
    public IReadOnlyList<StatusRange> Statuses { get; init; } = [new StatusRange(200, 399)];

    /// <summary>What the body must contain; "" for anything.</summary>
    [Description("`http`: what the first 16 KiB of the body must contain, in this very case. Empty: anything.")]
    [Display(Prompt = "\\\"status\\\":\\\"UP\\\"")]
    public string BodyContains { get; init; } = "";

    /// <summary>The service that a gRPC check asks about, as the server calls it; "" for the server as a whole.</summary>
    [Description("`grpc`: the service that is asked about, as the server calls it. Empty: the server as a whole.")]
    [Display(Prompt = "shop.Cart")]
    public string GrpcService { get; init; } = "";

    /// <summary>The program of a command check and its arguments.</summary>
    [Description("`command`: the program and its arguments, started without a shell. Exit code 0 is a success. It gets LB_SERVICE, LB_ADDRESS, LB_HOST and LB_PORT.")]
    [Display(Prompt = "/usr/local/bin/check-api")]
    [NotFromMeta]
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary><see cref="FastInterval"/> as it is in force.</summary>
    internal TimeSpan FastIntervalInForce => FastInterval ?? (Interval < s_fastInterval ? Interval : s_fastInterval);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (FastInterval > Interval)
        {
            yield return new ValidationResult("is longer than interval", [nameof(FastInterval)]);
        }
        if (Type == ActiveCheckType.Command && (Command.Count == 0 || string.IsNullOrWhiteSpace(Command[0])))
        {
            yield return new ValidationResult("a command check needs a program; write for example [\"/usr/local/bin/check-api\"]", [nameof(Command)]);
        }
        if (Command.Any(static argument => argument.Contains('\0', StringComparison.Ordinal)))
        {
            yield return new ValidationResult("an argument cannot hold a NUL character", [nameof(Command)]);
        }
    }

    /// <summary>True when both say the same; a record compares lists by identity.</summary>
    internal bool Says(ActiveCheckOptions other) =>
        Statuses.SequenceEqual(other.Statuses) && Command.SequenceEqual(other.Command)
        && this with { Statuses = other.Statuses, Command = other.Command } == other;
}
