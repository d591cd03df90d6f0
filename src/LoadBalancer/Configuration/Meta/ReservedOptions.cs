using LoadBalancer.Configuration.Binding;
using LoadBalancer.Core.Model.Meta;

namespace LoadBalancer.Configuration.Meta;

/// <summary>The options that meta must not change: those with <see cref="NotFromMetaAttribute"/> and paths of files.</summary>
internal static class ReservedOptions
{
    /// <summary>
    /// The reserved options that differ between two records of <paramref name="shape"/>. It compares values, because a
    /// text form or JSON sets options without naming them.
    /// </summary>
    public static IEnumerable<ConfigurationPath> Changed(ValueShape shape, object? before, object? after, ConfigurationPath path)
    {
        if (after is null)
        {
            yield break;
        }
        foreach (var option in shape.Options)
        {
            var was = before is null ? option.Default : option.Property.GetValue(before);
            var value = option.Property.GetValue(after);
            var at = path.Key(option.Key);
            if (IsReserved(option))
            {
                if (!Equals(was, value))
                {
                    yield return at;
                }
            }
            else if (option.Value.Kind == ValueKind.Record)
            {
                foreach (var inner in Changed(option.Value, was, value, at))
                {
                    yield return inner;
                }
            }
        }
    }

    /// <summary>True for options that only lb.json may set; a list or map of records is one when a part of its records is.</summary>
    public static bool IsReserved(OptionShape option) =>
        option.Get<NotFromMetaAttribute>() is not null || OptionsBinder.IsFile(option) || (option.Value.Item is { } item && HasReserved(item));

    private static bool HasReserved(ValueShape shape) =>
        shape.Options.Any(static option => IsReserved(option) || HasReserved(option.Value)) || (shape.Item is { } item && HasReserved(item));
}
