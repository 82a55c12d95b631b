namespace Recs.Training.Tests.Ranking.Trees;

/// <summary>Trees by trying every split of every leaf on the values themselves: slow, plain, independent.</summary>
internal sealed class NaiveTrees(float[][] rows, double[] first, double[] second, int minRows, double l2)
{
    public double[] Grow(int leaves)
    {
        var groups = new List<int[]> { Enumerable.Range(0, rows.Length).ToArray() };
        while (groups.Count < leaves)
        {
            var best = (Gain: 1e-9, Group: -1, Left: Array.Empty<int>());
            for (var g = 0; g < groups.Count; g++)
            {
                foreach (var left in Splits(groups[g]))
                {
                    var right = groups[g].Except(left).ToArray();
                    if (left.Length < minRows || right.Length < minRows)
                        continue;
                    var gain = Score(left) + Score(right) - Score(groups[g]);
                    if (gain > best.Gain * (1 + 1e-9))
                        best = (gain, g, left);
                }
            }

            if (best.Group < 0)
                break;
            var whole = groups[best.Group];
            groups[best.Group] = best.Left;
            groups.Add([.. whole.Except(best.Left)]);
        }

        var values = new double[rows.Length];
        foreach (var group in groups)
        {
            foreach (var r in group)
                values[r] = -group.Sum(i => first[i]) / (group.Sum(i => second[i]) + l2);
        }

        return values;
    }

    /// <summary>Every set of rows "value at most t", with the missing ones on either side.</summary>
    private IEnumerable<int[]> Splits(int[] group)
    {
        for (var f = 0; f < rows[0].Length; f++)
        {
            var missing = group.Where(r => float.IsNaN(rows[r][f])).ToArray();
            foreach (var t in group.Select(r => rows[r][f]).Where(v => !float.IsNaN(v)).Distinct())
            {
                var below = group.Where(r => rows[r][f] <= t).ToArray();
                yield return below;
                if (missing.Length > 0)
                    yield return [.. below, .. missing];
            }
        }
    }

    private double Score(int[] group)
    {
        var g = group.Sum(i => first[i]);
        return g * g / (group.Sum(i => second[i]) + l2);
    }
}
