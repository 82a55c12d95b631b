namespace Recs.Training.Linear;

/// <summary>
/// What a pair of places in one run counts. <c>Together</c> counts any two; <c>Past</c> and <c>Next</c> are the sums, over
/// all ways to split the run into a past and a future, of the product of both places' weights, e^(-steps / decay) from the
/// split (Choi et al. 2021, SLIST, equations 5 to 9).
/// </summary>
internal sealed class PairKernel
{
    private readonly float[] _past, _next, _tail;

    /// <param name="pastDecay">Steps before the split after which a place counts 1/e.</param>
    /// <param name="futureDecay">The same after the split; near 0 for the very next item alone.</param>
    /// <param name="window">Largest distance of a pair that counts, 1 or more.</param>
    public PairKernel(double pastDecay, double futureDecay, int window)
    {
        Window = window;
        (_past, _next, _tail) = (new float[window + 1], new float[window + 1], new float[window + 2]);
        for (var d = 0; d <= window; d++)
        {
            _past[d] = (float)Math.Exp(-d / pastDecay);
            double sum = 0;
            for (var u = 0; u < d; u++)
                sum += Math.Exp(-u / pastDecay - (d - 1 - u) / futureDecay);
            _next[d] = (float)sum;
        }

        var ratio = Math.Exp(-2 / pastDecay);
        for (var left = 0; left < _tail.Length; left++)
            _tail[left] = left == 0 ? 0 : (float)(_tail[left - 1] + Math.Pow(ratio, left - 1));
    }

    public int Window { get; }

    /// <summary>Both before the split: <paramref name="distance"/> apart, <paramref name="after"/> places after the later one.</summary>
    public float Past(int distance, int after) => _past[distance] * _tail[Math.Min(after, _tail.Length - 1)];

    /// <summary>The first before the split, the second after it.</summary>
    public float Next(int distance) => _next[distance];
}
