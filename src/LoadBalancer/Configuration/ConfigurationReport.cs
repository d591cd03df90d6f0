using LoadBalancer.Configuration.Text;

namespace LoadBalancer.Configuration;

/// <summary>Collects what is wrong with one file, and finds the place of each option that it is about.</summary>
/// <param name="file">The file as the user named it.</param>
/// <param name="root">The content.</param>
internal sealed class ConfigurationReport(string file, JsonTreeNode root)
{
    private readonly List<ConfigurationError> _errors = [];
    private readonly List<ConfigurationError> _warnings = [];

    /// <summary>All errors in the order of the file.</summary>
    public IReadOnlyList<ConfigurationError> Errors => InOrder(_errors);

    /// <inheritdoc cref="Errors"/>
    public IReadOnlyList<ConfigurationError> Warnings => InOrder(_warnings);

    public int ErrorCount => _errors.Count;

    /// <summary>An error in the value at <paramref name="path"/>; if the file has none there, at the key that should hold it.</summary>
    public void Error(ConfigurationPath path, string message) => _errors.Add(At(path.Place(root), path, message));

    /// <summary>An error in the key itself.</summary>
    public void KeyError(ConfigurationPath path, string message) => _errors.Add(At(path.KeyPlace(root), path, message));

    /// <summary>An error that the reading of the text found.</summary>
    public void Error(JsonTreeError error) => _errors.Add(ToError(file, error));

    /// <summary>Something doubtful about the value at <paramref name="path"/>.</summary>
    public void Warn(ConfigurationPath path, string message) => _warnings.Add(At(path.Place(root), path, message));

    /// <summary>An error of the text of <paramref name="file"/>.</summary>
    public static ConfigurationError ToError(string file, JsonTreeError error) =>
        new(file, error.Position.Line, error.Position.Column, error.Path.ToString(), error.Message);

    private ConfigurationError At(TextPosition place, ConfigurationPath path, string message) =>
        new(file, place.Line, place.Column, path.ToString(), message);

    private static ConfigurationError[] InOrder(List<ConfigurationError> found) =>
        [.. found.OrderBy(error => error.Line).ThenBy(error => error.Column)];
}
