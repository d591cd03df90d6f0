using System.Globalization;
using LoadBalancer.Soak.Checks;
using LoadBalancer.Soak.Messages;

namespace LoadBalancer.Soak.Clients;

/// <summary>A client of an HTTP listener.</summary>
/// <param name="port">The listener's; asked for every connection.</param>
/// <param name="service">Whom it asks.</param>
/// <param name="ledger">What there was.</param>
/// <param name="tally">Of the service.</param>
/// <param name="seed">Of its chance.</param>
internal abstract class HttpClient(Func<int> port, string service, Ledger ledger, Tally tally, int seed) : Client(ledger, tally, seed)
{
    protected int Port => port();

    /// <summary>A new request.</summary>
    protected Plan Choose(int most = 256 * 1024)
    {
        var plan = Plan.Choose(Ledger.Begin(), Random, mayFail: !IsCalm, most);
        if (plan.IsRepeatable)
        {
            Ledger.MayRepeat(plan.Id);
        }
        return plan;
    }

    protected void WriteHead(Wire wire, Plan plan, string more = "") => wire.Write(string.Create(CultureInfo.InvariantCulture,
        $"{plan.Method} {plan.Target} HTTP/1.1\r\nHost: {service}.{Balancer.Domain}\r\n{FramingField(plan)}{more}\r\n"));

    protected ValueTask WriteBodyAsync(Wire wire, Plan plan) =>
        wire.WriteBodyAsync(plan.Framing, Pattern.OfRequest(plan.Id), plan.Length, plan.Length, Random);

    /// <summary>Reads the final head that answers the request.</summary>
    protected async Task<Head> ReadHeadAsync(Wire wire, Plan plan)
    {
        while (true)
        {
            Progress();
            var head = await wire.ReadHeadAsync();
            if (head.Status is < 100 or >= 200)
            {
                Check(head, plan);
                return head;
            }
        }
    }

    /// <summary>Reads the answer to the request; false when the connection ends with it.</summary>
    protected async Task<bool> ReadAnswerAsync(Wire wire, Plan plan)
    {
        var head = await ReadHeadAsync(wire, plan);
        await ReadBodyAsync(wire, plan, head);
        return head.KeepsAlive;
    }

    protected async Task ReadBodyAsync(Wire wire, Plan plan, Head head)
    {
        var isOurs = head.Status == 200;
        var framing = head.FramingOf(out var length);
        if (plan.Method == "HEAD")
        {
            framing = Framing.None;
        }
        var came = await wire.ReadBodyAsync(framing, length, isOurs ? Pattern.OfAnswer(plan.Id) : null);
        if (!isOurs)
        {
            Tally.AnsweredRefused();
            return;
        }
        if (plan.Method != "HEAD" && came != plan.AnswerLength)
        {
            throw new MismatchException($"the answer to {plan.Id} ended after {came} of {plan.AnswerLength} bytes and looked whole");
        }
        Tally.AnsweredWhole();
    }

    /// <summary>The answer must be that of an endpoint to this request, or the balancer's own that there is none.</summary>
    private void Check(Head head, Plan plan)
    {
        if (head.Status == 200)
        {
            if (head.Field("X-Id") != plan.Id.ToString(CultureInfo.InvariantCulture) || head.Field("X-Got") != plan.Length.ToString(CultureInfo.InvariantCulture))
            {
                throw new MismatchException($"the answer to {plan.Id} is that to another: {head.Text}");
            }
        }
        else if (IsCalm || head.Status is not (502 or 503 or 504))
        {
            throw new MismatchException($"the answer to {plan} is {head.Text}");
        }
    }

    private static string FramingField(Plan plan) => plan.Framing switch
    {
        Framing.Length => string.Create(CultureInfo.InvariantCulture, $"Content-Length: {plan.Length}\r\n"),
        Framing.Chunked => "Transfer-Encoding: chunked\r\n",
        _ => "",
    };
}
