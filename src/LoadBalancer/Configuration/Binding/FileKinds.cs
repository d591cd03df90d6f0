using System.ComponentModel.DataAnnotations;

namespace LoadBalancer.Configuration.Binding;

/// <summary>
/// What a <see cref="DataTypeAttribute"/> says of a text that is the path of a file. All are made absolute.
/// </summary>
public static class FileKinds
{
    /// <summary>The file must exist and be readable when the configuration is read. Relative to the folder of lb.json.</summary>
    public const string Existing = "existing file";

    /// <summary>The program writes the file. Relative to the folder for state.</summary>
    public const string State = "state file";
}
