using System.Runtime.InteropServices;

namespace LoadBalancer.Commands;

/// <summary>Waits for the signal to stop. The first one drains; the second one ends the program at once.</summary>
internal static class Stopping
{
    /// <summary>
    /// Held for the life of the process: the finalizer of a registration that nobody holds undoes it, and the second signal
    /// may come while the first one's drain runs.
    /// </summary>
    private static readonly List<PosixSignalRegistration> s_registrations = [];

    /// <summary>Completes on SIGTERM, SIGINT or when <paramref name="stop"/> fires.</summary>
    public static async Task WaitAsync(CancellationToken stop)
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        s_registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal));
        s_registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal));
        using var registration = stop.Register(() => told.TrySetResult());
        await told.Task.ConfigureAwait(false);

        void OnSignal(PosixSignalContext context) => context.Cancel = told.TrySetResult();
    }
}
