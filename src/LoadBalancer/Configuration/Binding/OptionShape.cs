using System.Collections.Immutable;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace LoadBalancer.Configuration.Binding;

/// <summary>One option: a property with a <see cref="DescriptionAttribute"/> of an options record.</summary>
public sealed class OptionShape
{
    internal OptionShape(PropertyInfo property)
    {
        Property = property;
        Key = property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(property.Name);
        Description = property.GetCustomAttribute<DescriptionAttribute>()!.Description;
        Value = ValueShape.Of(property.PropertyType);
        IsRequired = property.GetCustomAttribute<RequiredMemberAttribute>() is not null || property.GetCustomAttribute<RequiredAttribute>() is not null;
        // The 0 of a number that must be given is no default.
        Default = IsRequired ? null : property.GetValue(Activator.CreateInstance(property.DeclaringType!));
        AllowsNull = !IsRequired && new NullabilityInfoContext().Create(property).WriteState == NullabilityState.Nullable;
        Checks = [.. property.GetCustomAttributes<ValidationAttribute>()];
    }

    /// <summary>The property that holds the value.</summary>
    public PropertyInfo Property { get; }

    /// <summary>Its name in lb.json: camelCase, or the [JsonPropertyName].</summary>
    public string Key { get; }

    /// <summary>What it means and in which unit, for people.</summary>
    public string Description { get; }

    /// <summary>What it may hold.</summary>
    public ValueShape Value { get; }

    /// <summary>The value of a record in which it is not set.</summary>
    public object? Default { get; }

    /// <summary>The file must give it.</summary>
    public bool IsRequired { get; }

    /// <summary>The file may say null.</summary>
    public bool AllowsNull { get; }

    /// <summary>Limits of the value.</summary>
    public ImmutableArray<ValidationAttribute> Checks { get; }

    /// <summary>The attribute <typeparamref name="T"/> of the property, or null.</summary>
    public T? Get<T>()
        where T : Attribute => Property.GetCustomAttribute<T>();
}
