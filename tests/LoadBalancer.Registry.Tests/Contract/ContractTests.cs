using System.Net;
using System.Text;
using System.Text.Json;
using LoadBalancer.TestSupport;

namespace LoadBalancer.Registry.Tests.Contract;

/// <summary>
/// What every part of the contract needs. The parts share one target and run side by side, so each test has service
/// names of its own and leaves the node alone. An agent tells its catalog a moment later: reads are repeated.
/// </summary>
public abstract class ContractTests
{
    protected ContractTests(Target target)
    {
        Assert.SkipWhen(target.Missing is not null, target.Missing ?? "");
        Target = target;
    }

    protected Target Target { get; }

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>A name that no other test has.</summary>
    protected static string NewName(string prefix) => $"{prefix}-{Guid.NewGuid():N}"[..(prefix.Length + 9)];

    protected Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    protected Task<Answer> PutAsync(string path, string body = "") => SendAsync(HttpMethod.Put, path, body);

    protected async Task<Answer> SendAsync(HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, "v1/" + path);
        // As curl -d sends it: the content type is not looked at.
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/x-www-form-urlencoded");
        var response = await Target.Client.SendAsync(request, Ct);
        return new Answer(response.StatusCode, await response.Content.ReadAsStringAsync(Ct), response);
    }

    /// <summary>PUT that has to succeed.</summary>
    protected async Task PutOkAsync(string path, string body = "")
    {
        var answer = await PutAsync(path, body);
        Assert.True(answer.Status == HttpStatusCode.OK, $"{path} {body}: {answer.Status} {answer.Text}");
    }

    /// <summary>Registers with the agent and waits until the catalog has it.</summary>
    protected async Task RegisterAsync(string name, string id, string rest = "")
    {
        await PutOkAsync("agent/service/register", $$"""{"ID":"{{id}}","Name":"{{name}}","Port":80{{(rest.Length > 0 ? "," + rest : "")}}}""");
        await HealthAsync(name, list => list.Any(instance => Id(instance) == id), id + " is in the catalog");
    }

    /// <summary>Reads /v1/health/service until it is as expected.</summary>
    protected async Task<JsonElement[]> HealthAsync(string name, Func<JsonElement[], bool> expected, string what)
    {
        JsonElement[] found = [];
        await Eventually.True(async () =>
        {
            found = [.. (await GetAsync("health/service/" + name)).Json.EnumerateArray()];
            return expected(found);
        }, what);
        return found;
    }

    /// <summary>Waits until a check of a service has a status.</summary>
    protected Task CheckAsync(string name, string checkId, string status) =>
        HealthAsync(name, list => list.SelectMany(Checks).Any(check => Text(check, "CheckID") == checkId && Text(check, "Status") == status), $"{checkId} is {status}");

    /// <summary>The answer of a query that is refused for what is in it.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="consul">What Consul answers; the embedded registry holds to 400 for what is the asker's fault, where Consul at times says 500.</param>
    /// <param name="text">What either says.</param>
    protected void AssertRefused(Answer answer, HttpStatusCode consul, string text)
    {
        Assert.Equal(Target.IsConsul ? consul : HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(text, answer.Text, StringComparison.OrdinalIgnoreCase);
    }

    protected static string Id(JsonElement instance) => Text(instance.GetProperty("Service"), "ID");

    protected static IEnumerable<JsonElement> Checks(JsonElement instance) => instance.GetProperty("Checks").EnumerateArray();

    protected static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "";
}
