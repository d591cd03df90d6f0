using System.Runtime.InteropServices;

namespace LoadBalancer.Commands;

/// <summary>Waits for the signal to stop. The first one drains; the second one ends the program at once.</summary>
internal static class Stopping
{
    /// <summary>Completes on SIGTERM, SIGINT or when <paramref name="stop"/> fires.</summary>
    public static async Task WaitAsync(CancellationToken stop)
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // Never disposed: the second signal may come while the first one's drain runs.
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using var registration = stop.Register(() => told.TrySetResult());
        await told.Task.ConfigureAwait(false);

        void OnSignal(PosixSignalContext context) => context.Cancel = told.TrySetResult();
    }
}
