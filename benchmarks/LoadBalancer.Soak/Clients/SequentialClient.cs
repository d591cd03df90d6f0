using LoadBalancer.Soak.Checks;
using LoadBalancer.Soak.Messages;

namespace LoadBalancer.Soak.Clients;

/// <summary>One request after the other, on a connection that is kept for many or few, or one.</summary>
/// <param name="isCalm">Whether endpoints do nothing that makes a request fail.</param>
/// <param name="port">The listener's.</param>
/// <param name="service">Whom it asks.</param>
/// <param name="ledger">What there was.</param>
/// <param name="tally">Of the service.</param>
/// <param name="seed">Of its chance.</param>
internal sealed class SequentialClient(bool isCalm, int port, string service, Ledger ledger, Tally tally, int seed) : HttpClient(() => port, service, ledger, tally, seed)
{
    public override bool IsCalm => isCalm;

    protected override async Task TurnAsync()
    {
        var wire = await ConnectAsync(Port);
        for (var left = Random.Next(4) == 0 ? 1 : Random.Next(1, 200); left > 0; left--)
        {
            if (!await AskAsync(wire, isLast: left == 1 && Random.Next(2) == 0))
            {
                return;
            }
        }
    }

    private async Task<bool> AskAsync(Wire wire, bool isLast)
    {
        var plan = Choose();
        var waits = plan.Length > 0 && plan.Act is Act.None && Random.Next(10) == 0;
        WriteHead(wire, plan, (isLast ? "Connection: close\r\n" : "") + (waits ? "Expect: 100-continue\r\n" : ""));
        Tally.May();
        if (waits)
        {
            await wire.FlushAsync();
            Progress();
            var head = await wire.ReadHeadAsync();
            if (head.Status != 100)
            {
                // An endpoint has left, and the body is not wanted any more.
                Tally.Has();
                await ReadBodyAsync(wire, plan, IsCalm ? throw new MismatchException($"the answer to {plan} is {head.Text}") : head);
                return false;
            }
        }
        var isSent = false;
        try
        {
            await WriteBodyAsync(wire, plan);
            await (Random.Next(50) == 0 && plan.Length < 4096 ? wire.FlushInPiecesAsync(Random) : wire.FlushAsync());
            isSent = true;
        }
        catch (System.Net.Sockets.SocketException) when (!IsCalm)
        {
            // An early answer, and the balancer reads no more: the answer may be there all the same.
        }
        Tally.Has();
        return await ReadAnswerAsync(wire, plan) && isSent && !isLast;
    }
}
