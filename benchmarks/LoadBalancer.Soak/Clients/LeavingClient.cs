using LoadBalancer.Soak.Checks;
using LoadBalancer.Soak.Messages;

namespace LoadBalancer.Soak.Clients;

/// <summary>Leaves at any moment of a request.</summary>
internal sealed class LeavingClient(Func<int> port, string service, Ledger ledger, Tally tally, int seed) : HttpClient(port, service, ledger, tally, seed)
{
    protected override async Task TurnAsync()
    {
        var wire = await ConnectAsync(Port);
        for (var left = Random.Next(0, 3); left > 0; left--)
        {
            if (!await AskAsync(wire))
            {
                return;
            }
        }
        await LeaveAsync(wire);
        if (Random.Next(2) == 0)
        {
            wire.Reset();
        }
    }

    private async Task<bool> AskAsync(Wire wire)
    {
        var plan = Choose(4096) with { Act = Act.None };
        Tally.May();
        WriteHead(wire, plan);
        await WriteBodyAsync(wire, plan);
        await wire.FlushAsync();
        var keepsAlive = await ReadAnswerAsync(wire, plan);
        Tally.Has();
        return keepsAlive;
    }

    private async Task LeaveAsync(Wire wire)
    {
        var plan = Choose();
        Tally.May();
        WriteHead(wire, plan);
        var phase = Random.Next(7);
        switch (phase)
        {
            case 0:
                return;
            case 1:
                await wire.FlushAsync(Random.Next(1, wire.Written));
                return;
            case 2:
                await wire.WriteBodyAsync(plan.Framing, Pattern.OfRequest(plan.Id), plan.Length, plan.Length / 2, Random);
                await wire.FlushAsync();
                return;
        }
        await WriteBodyAsync(wire, plan);
        await wire.FlushAsync();
        switch (phase)
        {
            case 3:
                return;
            case 4:
                await Task.Yield();
                return;
            case 5:
                wire.EndSending();
                break;
        }
        var head = await ReadHeadAsync(wire, plan);
        Tally.Has();
        if (phase == 5)
        {
            await ReadBodyAsync(wire, plan, head);
        }
    }
}
