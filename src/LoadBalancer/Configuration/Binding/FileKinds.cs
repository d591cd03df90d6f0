using System.ComponentModel.DataAnnotations;

namespace LoadBalancer.Configuration.Binding;

/// <summary>
/// What a <see cref="DataTypeAttribute"/> says of a text that is the path of a file. Both are made absolute, relative
/// to the folder of lb.json.
/// </summary>
public static class FileKinds
{
    /// <summary>The file must exist and be readable when the configuration is read.</summary>
    public const string Existing = "existing file";

    /// <summary>The file may come later.</summary>
    public const string Any = "file";
}
