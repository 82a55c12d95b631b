namespace Recs.Training.Simulation;

/// <summary>Seeded draws. Each purpose has a stream of its own, so that more of one thing does not move another.</summary>
internal static class Draws
{
    /// <summary>The stream of a purpose: same numbers for the same seed and path.</summary>
    public static Random For(int seed, params ReadOnlySpan<int> path)
    {
        // SplitMix64 over the path; System.Random with a seed is stable across runs and versions by contract.
        var state = (ulong)(uint)seed + 0x9E3779B97F4A7C15UL;
        foreach (var step in path)
            state = Mix(state + (ulong)(uint)step * 0xBF58476D1CE4E5B9UL);
        return new Random((int)(Mix(state) >> 33));
    }

    /// <summary>Standard normal, by Box and Muller.</summary>
    public static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <summary>A vector of length 1.</summary>
    public static double[] Direction(Random random, int dimensions)
    {
        var vector = new double[dimensions];
        var norm = 0.0;
        for (var i = 0; i < dimensions; i++)
        {
            vector[i] = Normal(random);
            norm += vector[i] * vector[i];
        }

        for (var i = 0; i < dimensions; i++)
            vector[i] /= Math.Sqrt(norm);
        return vector;
    }

    /// <summary>Poisson, by Knuth's product; for small means.</summary>
    public static int Poisson(Random random, double mean)
    {
        var (limit, product, count) = (Math.Exp(-mean), random.NextDouble(), 0);
        while (product > limit)
        {
            product *= random.NextDouble();
            count++;
        }

        return count;
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ z >> 27) * 0x94D049BB133111EBUL;
        return z ^ z >> 31;
    }
}
