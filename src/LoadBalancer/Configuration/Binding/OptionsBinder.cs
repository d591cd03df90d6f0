using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using LoadBalancer.Configuration.Text;

namespace LoadBalancer.Configuration.Binding;

/// <summary>
/// Makes options records from the nodes of lb.json. It is strict and thorough: every unknown key, wrong type and
/// value out of bounds is reported with its place, and the rest is bound all the same, so that one run shows all.
/// </summary>
/// <param name="report">Takes the errors.</param>
/// <param name="folder">The absolute folder that paths of files are relative to.</param>
/// <param name="stateFolder">The same for files that the program writes.</param>
/// <param name="notation">How the values are written, for what errors say.</param>
internal sealed class OptionsBinder(ConfigurationReport report, string folder, string stateFolder, Notation notation = Notation.Json)
{
    private static readonly MethodInfo s_parse = typeof(OptionsBinder).GetMethod(nameof(Parse), BindingFlags.NonPublic | BindingFlags.Static)!;

    /// <summary>Binds <paramref name="node"/>, the root of the file; what it lacks comes from <paramref name="inherited"/>.</summary>
    /// <returns>The record; meaningless once the report has errors. Null when not even an object was found.</returns>
    public T? Bind<T>(JsonTreeNode node, T? inherited = null)
        where T : class => (T?)Value(node, ValueShape.Of(typeof(T)), ConfigurationPath.Root, null, inherited);

    /// <summary>The value, or null after an error or for a JSON null, which the caller has dealt with.</summary>
    private object? Value(JsonTreeNode node, ValueShape shape, ConfigurationPath path, OptionShape? option, object? inherited)
    {
        switch (shape.Kind, node.Kind)
        {
            case (ValueKind.Record, JsonValueKind.Object):
                return Record(node, shape, path, inherited);
            case (ValueKind.Map, JsonValueKind.Object):
                return Map(node, shape, path, option);
            case (ValueKind.List, JsonValueKind.Array):
                return List(node, shape, path);
            case (ValueKind.Text, JsonValueKind.String):
                return node.Text;
            case (ValueKind.Boolean, JsonValueKind.True or JsonValueKind.False):
                return node.Kind == JsonValueKind.True;
            case (ValueKind.WholeNumber or ValueKind.Number, JsonValueKind.Number):
                return Number(node, shape, path, option);
            case (ValueKind.Choice, JsonValueKind.String):
                return Choice(node, shape, path, option);
            case (ValueKind.Duration, JsonValueKind.String) when Duration.TryParse(node.Text, out var duration):
                return duration;
            case (ValueKind.Parsed, JsonValueKind.String):
            case (ValueKind.Record, JsonValueKind.String) when shape.HasTextForm:
                return Parsed(node, shape, path);
            default:
                report.Error(path, $"found {node.Describe()}; expected {Expected(node, shape, option)}");
                return null;
        }
    }

    private object Record(JsonTreeNode node, ValueShape shape, ConfigurationPath path, object? inherited)
    {
        var record = Activator.CreateInstance(shape.Type)!;
        var errorsBefore = report.ErrorCount;
        foreach (var option in shape.Options)
        {
            var before = inherited is null ? option.Default : option.Property.GetValue(inherited);
            var value = node.Members.TryGetValue(option.Key, out var member)
                ? Given(member, option, path.Key(option.Key), inherited is null ? null : before)
                : NotGiven(node, shape, option, path.Key(option.Key), before, isInherited: inherited is not null);
            if (value is not null || option.AllowsNull)
            {
                option.Property.SetValue(record, IsFile(option) && value is string file ? FullPath(option, file) : value);
            }
        }
        RefuseUnknownKeys(node, shape, path);
        // A rule over several options would only repeat what is wrong with one of them.
        if (report.ErrorCount == errorsBefore && record is IValidatableObject validatable)
        {
            CheckTogether(validatable, shape, path);
        }
        return record;
    }

    private object? Given(JsonTreeNode node, OptionShape option, ConfigurationPath path, object? inherited)
    {
        if (node.Kind != JsonValueKind.Null)
        {
            var errorsBefore = report.ErrorCount;
            var value = Value(node, option.Value, path, option, inherited);
            return report.ErrorCount == errorsBefore && Check(node, option, value!, path) ? value : null;
        }
        if (!option.AllowsNull)
        {
            var remedy = option.IsRequired ? "expected" : "leave the key out, or write";
            report.Error(path, $"null is not allowed here; {remedy} {Expected(null, option.Value, option)}");
        }
        return null;
    }

    private object? NotGiven(JsonTreeNode record, ValueShape shape, OptionShape option, ConfigurationPath path, object? before, bool isInherited)
    {
        // The default of a required number is one, but not a value. A misspelt key is one error, not two.
        if (option.IsRequired && !(isInherited && before is not null) && !UnknownKeys(record, shape).Any(unknown => unknown.Nearest == option.Key))
        {
            report.Error(path, $"missing; expected {Expected(null, option.Value, option)}");
        }
        return before;
    }

    private bool Check(JsonTreeNode node, OptionShape option, object value, ConfigurationPath path)
    {
        if (option.Checks.FirstOrDefault(check => !check.IsValid(value)) is { } broken)
        {
            report.Error(path, broken.ErrorMessage ?? broken switch
            {
                RangeAttribute or RequiredAttribute => $"found {node.Describe()}; expected {Expected(node, option.Value, option)}",
                MinLengthAttribute { Length: 1 } => "must not be empty",
                _ => broken.FormatErrorMessage(option.Key),
            });
            return false;
        }
        if (!IsFile(option) || value is not string file)
        {
            return true;
        }
        if (file.Length == 0 || file.Contains('\0', StringComparison.Ordinal))
        {
            report.Error(path, $"found {node.Describe()}; expected the path of a file");
            return false;
        }
        var full = FullPath(option, file);
        if (FileKind(option) == FileKinds.Existing && !File.Exists(full))
        {
            report.Error(path, $"there is no file {full}; paths are relative to the folder of the configuration file");
            return false;
        }
        return true;
    }

    private static string? FileKind(OptionShape option) => option.Get<DataTypeAttribute>()?.CustomDataType;

    /// <summary>True when the value is the path of a file.</summary>
    public static bool IsFile(OptionShape option) => FileKind(option) is FileKinds.Existing or FileKinds.State;

    private string FullPath(OptionShape option, string file) => Path.GetFullPath(file, FileKind(option) == FileKinds.State ? stateFolder : folder);

    private void CheckTogether(IValidatableObject record, ValueShape shape, ConfigurationPath path)
    {
        foreach (var result in record.Validate(new ValidationContext(record)))
        {
            var option = shape.Options.FirstOrDefault(option => option.Property.Name == result.MemberNames.FirstOrDefault());
            report.Error(option is null ? path : path.Key(option.Key), result.ErrorMessage ?? "not valid");
        }
    }

    private void RefuseUnknownKeys(JsonTreeNode node, ValueShape shape, ConfigurationPath path)
    {
        foreach (var (key, nearest) in UnknownKeys(node, shape))
        {
            var remedy = nearest is not null ? $"did you mean \"{nearest}\"?" : $"known here: {string.Join(", ", shape.Keys.Where(known => known[0] != '$'))}";
            report.KeyError(path.Key(key), $"unknown key; {remedy}");
        }
    }

    private static IEnumerable<(string Key, string? Nearest)> UnknownKeys(JsonTreeNode node, ValueShape shape) =>
        node.Members.Keys.Except(shape.Keys).Select(key => (key, Nearest.Of(key, shape.Keys)));

    private object Map(JsonTreeNode node, ValueShape shape, ConfigurationPath path, OptionShape? option)
    {
        var names = option?.Get<NamesAttribute>() ?? NamesAttribute.Default;
        var defaults = option?.Get<DefaultsEntryAttribute>()?.Name;
        var item = shape.Item!;
        var map = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(typeof(string), item.Type))!;
        object? inherited = null;
        if (defaults is not null && node.Members.TryGetValue(defaults, out var entry))
        {
            inherited = Entry(entry, item, path.Key(defaults), null);
            if (inherited is not null)
            {
                map[defaults] = inherited;
            }
        }
        foreach (var (name, member) in node.Members)
        {
            if (name == defaults)
            {
                continue;
            }
            var at = path.Key(name);
            var match = Regex.Match(name, names.Pattern);
            if (!match.Success || match.Length != name.Length)
            {
                report.KeyError(at, $"not a possible name; {names.Rule}");
            }
            else if (Entry(member, item, at, inherited) is { } value)
            {
                map[name] = value;
            }
        }
        return Collections.ToPropertyType(map, shape);
    }

    private object List(JsonTreeNode node, ValueShape shape, ConfigurationPath path)
    {
        var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(shape.Item!.Type))!;
        for (var i = 0; i < node.Items.Count; i++)
        {
            if (Entry(node.Items[i], shape.Item, path.Item(i), null) is { } value)
            {
                list.Add(value);
            }
        }
        return Collections.ToPropertyType(list, shape);
    }

    private object? Entry(JsonTreeNode node, ValueShape shape, ConfigurationPath path, object? inherited) =>
        Value(node, shape, path, null, inherited);

    private object? Number(JsonTreeNode node, ValueShape shape, ConfigurationPath path, OptionShape? option)
    {
        if (shape.Kind == ValueKind.Number && double.TryParse(node.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
        {
            return number;
        }
        if (shape.Kind == ValueKind.WholeNumber && long.TryParse(node.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
        {
            if (shape.Type == typeof(long))
            {
                return whole;
            }
            if (whole is >= int.MinValue and <= int.MaxValue)
            {
                return (int)whole;
            }
        }
        report.Error(path, $"found {node.Describe()}; expected {Expected(node, shape, option)}");
        return null;
    }

    private object? Choice(JsonTreeNode node, ValueShape shape, ConfigurationPath path, OptionShape? option)
    {
        var index = shape.Words.IndexOf(node.Text);
        if (index >= 0)
        {
            return Enum.Parse(shape.Type, Enum.GetNames(shape.Type)[index]);
        }
        var expected = Expected(node, shape, option);
        var nearest = Nearest.Of(node.Text, shape.Words);
        report.Error(path, option?.Get<NotYetAttribute>()?.Words.Contains(node.Text) == true
            ? $"\"{node.Text}\" is not available yet; use {expected}"
            : nearest is not null
                ? $"unknown value \"{node.Text}\"; did you mean \"{nearest}\"?"
                : $"found {node.Describe()}; expected {expected}");
        return null;
    }

    private object? Parsed(JsonTreeNode node, ValueShape shape, ConfigurationPath path)
    {
        try
        {
            var value = s_parse.MakeGenericMethod(shape.Type).Invoke(null, BindingFlags.DoNotWrapExceptions, null, [node.Text], null)!;
            if (value is IValidatableObject validatable)
            {
                // The text stands for one of its options: what is wrong is wrong with the text.
                foreach (var result in validatable.Validate(new ValidationContext(value)))
                {
                    report.Error(path, result.ErrorMessage ?? "not valid");
                }
            }
            return value;
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
        {
            // Types of this program say what is wrong; those of the base library only that something is.
            report.Error(path, shape.Type.Namespace!.StartsWith("System", StringComparison.Ordinal)
                ? $"found {node.Describe()}; expected {Expected(node, shape, null)}"
                : e.Message);
            return null;
        }
    }

    private string Expected(JsonTreeNode? found, ValueShape shape, OptionShape? option) => ValueWords.Expected(found, shape, option, notation);

    private static object Parse<T>(string text)
        where T : IParsable<T> => T.Parse(text, CultureInfo.InvariantCulture);
}
