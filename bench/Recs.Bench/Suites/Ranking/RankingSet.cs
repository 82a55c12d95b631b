using Recs.Training.Ranking.Trees;

namespace Recs.Bench.Suites.Ranking;

/// <summary>A data set to rank on: rows to learn from, and test rows that nothing is chosen by.</summary>
/// <param name="Name">Short.</param>
/// <param name="Train">Every column that holds codes is listed as categorical.</param>
/// <param name="Test">The same columns.</param>
internal sealed record RankingSet(string Name, TrainingTable Train, TrainingTable Test)
{
    /// <summary>Codes that a histogram has no room for are taken as numbers, here and by the peer alike.</summary>
    public IReadOnlyList<int> FewCodes(int most) => [.. Train.Categorical.Where(c => Codes(c) <= most)];

    /// <summary>Codes of a column are below this.</summary>
    public int Codes(int column)
    {
        var most = 0;
        foreach (var table in new[] { Train, Test })
        {
            for (var r = 0; r < table.Rows; r++)
                most = Math.Max(most, (int)table.Row(r)[column]);
        }

        return most + 1;
    }

    /// <summary>A random fifth of the training rows (or of the queries) aside for validation.</summary>
    public (TrainingTable Train, TrainingTable Validation) Split(int seed)
    {
        var sizes = Train.QuerySizes ?? Enumerable.Repeat(1, Train.Rows).ToArray();
        var random = new Random(seed);
        var aside = sizes.Select(_ => random.Next(5) == 0).ToArray();
        return (Take(false), Take(true));

        TrainingTable Take(bool wanted)
        {
            var (rows, queries) = (new List<int>(), new List<int>());
            var start = 0;
            for (var q = 0; q < sizes.Length; q++)
            {
                if (aside[q] == wanted)
                {
                    rows.AddRange(Enumerable.Range(start, sizes[q]));
                    queries.Add(sizes[q]);
                }

                start += sizes[q];
            }

            var features = new float[(long)rows.Count * Train.Width];
            for (var i = 0; i < rows.Count; i++)
                Train.Row(rows[i]).CopyTo(features.AsSpan(i * Train.Width));
            return new TrainingTable
            {
                Width = Train.Width,
                Features = features,
                Labels = [.. rows.Select(r => Train.Labels[r])],
                QuerySizes = Train.QuerySizes is null ? null : [.. queries],
                Categorical = Train.Categorical,
            };
        }
    }
}
