using System.Diagnostics;

namespace LoadBalancer.TestSupport;

/// <summary>Waits for a condition instead of a time.</summary>
public static class Eventually
{
    /// <summary>Polls until <paramref name="condition"/> holds; fails with <paramref name="what"/> after 20 seconds or <paramref name="within"/>.</summary>
    public static Task True(Func<bool> condition, string what, TimeSpan? within = null) =>
        True(() => Task.FromResult(condition()), what, within);

    /// <inheritdoc cref="True(Func{bool}, string, TimeSpan?)"/>
    public static async Task True(Func<Task<bool>> condition, string what, TimeSpan? within = null)
    {
        var limit = within ?? TimeSpan.FromSeconds(20);
        var started = Stopwatch.GetTimestamp();
        Exception? last = null;
        do
        {
            try
            {
                if (await condition())
                {
                    return;
                }
                last = null;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException or System.Net.Sockets.SocketException)
            {
                last = e;
            }
            await Task.Delay(5);
        }
        while (Stopwatch.GetElapsedTime(started) < limit);
        throw new TimeoutException($"after {limit.TotalSeconds:0.#} s still not: {what}", last);
    }
}
