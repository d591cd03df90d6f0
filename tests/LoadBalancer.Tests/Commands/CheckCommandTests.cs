using LoadBalancer.Commands;

namespace LoadBalancer.Tests.Commands;

public sealed class CheckCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lb-check-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    [Fact]
    public void AGoodFileIsSummedUp()
    {
        var code = Run("""{ "listeners": { "web": { "bind": ":80" } }, "discovery": { "consul": {}, "static": { "api": ["10.0.0.1:80"] } } }""");

        Assert.Equal(0, code);
        Assert.Equal($"{FilePath}: ok (1 listener, 0 routes, sources consul and static)\n", _output.ToString());
        Assert.Equal("", _error.ToString());
    }

    [Fact]
    public void AWarningIsShownAndAllowed()
    {
        var code = Run("""{ "listeners": { "web": { "bind": ":80", "service": "apii" } }, "discovery": { "consul": {}, "static": { "api": ["10.0.0.1:80"] } } }""");

        Assert.Equal(0, code);
        Assert.Equal($"{FilePath}:1:53: listeners.web.service: warning: unless Consul has a service \"apii\", \"api\" is meant\n", _error.ToString());
    }

    [Fact]
    public void EveryErrorIsShown()
    {
        var code = Run("{\n  \"listeners\": { \"web\": { \"bind\": 80 } },\n  \"drainTimeout\": 5\n}");

        Assert.Equal(1, code);
        Assert.Equal("", _output.ToString());
        Assert.Equal(
            $"{FilePath}:2:35: listeners.web.bind: found the number 80; expected an address to listen on, for example \":8080\"\n"
            + $"{FilePath}:3:19: drainTimeout: found the number 5; expected a duration from 0s to 24h with its unit (ms, s, m or h), for example \"5s\"\n",
            _error.ToString());
    }

    [Fact]
    public void AMissingFileIsAnError()
    {
        Assert.Equal(1, CheckCommand.Run(new FileInfo(FilePath), _output, _error));
        Assert.Equal($"{FilePath}: there is no such file; create it, or name another one with --config\n", _error.ToString());
    }

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _output.Dispose();
        _error.Dispose();
    }

    private string FilePath => Path.Combine(_folder, "lb.json");

    private int Run(string text)
    {
        File.WriteAllText(FilePath, text);
        return CheckCommand.Run(new FileInfo(FilePath), _output, _error);
    }
}
