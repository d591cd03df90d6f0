using CsCheck;

namespace LoadBalancer.Reactor.Tests.Support;

/// <summary>Generated cases that are the same in every run.</summary>
internal static class Cases
{
    public static T[] Of<T>(Gen<T> gen, uint seed, int count)
    {
        var random = new PCG(1, seed);
        return [.. Enumerable.Range(0, count).Select(_ => gen.Generate(random, null, out var _))];
    }

    /// <summary>Runs the check on each; what fails is named by its number.</summary>
    public static void Check<T>(Gen<T> gen, uint seed, int count, Action<T> check)
    {
        foreach (var (number, one) in Of(gen, seed, count).Index())
        {
            try
            {
                check(one);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"case {number} of seed {seed}: {e.Message}", e);
            }
        }
    }
}
