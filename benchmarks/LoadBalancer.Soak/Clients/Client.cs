using System.Diagnostics;
using System.Net.Sockets;
using LoadBalancer.Soak.Checks;
using LoadBalancer.Soak.Messages;

namespace LoadBalancer.Soak.Clients;

/// <summary>A client that does the same kind of thing again and again, each time on a connection of its own.</summary>
internal abstract class Client(Ledger ledger, Tally tally, int seed)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private Wire? _wire;
    private long _since;

    /// <summary>Whether nothing that it asks for may fail.</summary>
    public virtual bool IsCalm => false;

    public Tally Tally => tally;

    protected Ledger Ledger => ledger;

    protected Random Random { get; } = new(seed);

    /// <summary>Goes on until it is told to stop; what is under way is finished.</summary>
    public async Task RunAsync(Func<bool> goesOn)
    {
        while (goesOn())
        {
            try
            {
                await TurnAsync();
            }
            catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
            {
                tally.WasCut();
                if (IsCalm && goesOn())
                {
                    ledger.Violation($"{this}: a connection that must not end did: {e.Message}");
                }
            }
            catch (Exception e)
            {
                ledger.Violation($"{this}: {e.Message}");
            }
            finally
            {
                _wire?.Dispose();
                _wire = null;
            }
        }
    }

    /// <summary>Ends what has waited for too long.</summary>
    public void Watch()
    {
        if (_wire is { } wire && Stopwatch.GetElapsedTime(Volatile.Read(ref _since)) > s_patience)
        {
            ledger.Violation($"{this}: nothing came for {s_patience.TotalSeconds:0} seconds");
            wire.Dispose();
        }
    }

    public override string ToString() => GetType().Name;

    /// <summary>What it does with one connection.</summary>
    protected abstract Task TurnAsync();

    protected async Task<Wire> ConnectAsync(int port, int? receiveBuffer = null, TimeSpan readPause = default)
    {
        _wire?.Dispose();
        Progress();
        return _wire = await Wire.ConnectAsync(port, receiveBuffer, readPause);
    }

    /// <summary>Something is under way that must not take for ever.</summary>
    protected void Progress() => Volatile.Write(ref _since, Stopwatch.GetTimestamp());
}
