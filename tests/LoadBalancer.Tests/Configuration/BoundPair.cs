using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace LoadBalancer.Tests.Configuration;

/// <summary>A record with a text form, "a=b".</summary>
public sealed record BoundPair : IParsable<BoundPair>, IValidatableObject
{
    [Description("Left.")]
    [Display(Prompt = "a")]
    public required string Left { get; init; }

    [Description("Right.")]
    [Display(Prompt = "b")]
    public required string Right { get; init; }

    public static BoundPair Parse(string s, IFormatProvider? provider) =>
        s.Split('=') is [var left, var right] ? new BoundPair { Left = left, Right = right } : throw new FormatException("two sides are wanted, as in \"a=b\"");

    public static bool TryParse(string? s, IFormatProvider? provider, out BoundPair result) => throw new NotSupportedException();

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Left == Right)
        {
            yield return new ValidationResult("the sides are the same", [nameof(Right)]);
        }
    }
}
