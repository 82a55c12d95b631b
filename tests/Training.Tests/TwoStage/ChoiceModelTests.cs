using Recs.Training.Ranking.Trees;
using Recs.Training.TwoStage;

namespace Recs.Training.Tests.TwoStage;

public sealed class ChoiceModelTests
{
    [Fact]
    public void Two_candidates_give_the_log_odds_of_being_chosen()
    {
        // The first of two is chosen three times out of four: without a ridge the scores differ by log 3.
        var labels = new List<float>();
        for (var q = 0; q < 40; q++)
            labels.AddRange(q % 4 == 0 ? [0f, 1f] : [1f, 0f]);
        var table = new TrainingTable
        {
            Width = 1,
            Features = [.. Enumerable.Range(0, 80).Select(r => r % 2 == 0 ? 1f : -1f)],
            Labels = [.. labels],
            QuerySizes = [.. Enumerable.Repeat(2, 40)],
        };
        var model = ChoiceModel.Fit(table, [true], 0);
        Assert.Equal(Math.Log(3), model.Score([1f]) - model.Score([-1f]), 1e-5);
        Assert.True(ChoiceModel.Fit(table, [true], 1).Weights[0] < model.Weights[0]);
        Assert.Equal([0.0], ChoiceModel.Fit(table, [false], 0).Weights);
    }

    [Fact]
    public void Weights_that_drew_the_choices_are_found_again()
    {
        const int Seed = 8, Queries = 3_000, Size = 6;
        var random = new Random(Seed);
        double[] truth = [1, -0.5, 0];
        var (features, labels) = (new List<float>(), new List<float>());
        for (var q = 0; q < Queries; q++)
        {
            var rows = Enumerable.Range(0, Size).Select(_ => truth.Select(_ => (float)(random.NextDouble() * 2 - 1)).ToArray()).ToArray();
            var odds = rows.Select(r => Math.Exp(r.Select((x, f) => truth[f] * x).Sum())).ToArray();
            var draw = random.NextDouble() * odds.Sum();
            var chosen = 0;
            for (; draw > odds[chosen]; chosen++)
                draw -= odds[chosen];
            features.AddRange(rows.SelectMany(r => r));
            labels.AddRange(Enumerable.Range(0, Size).Select(c => c == chosen ? 1f : 0f));
        }

        var table = new TrainingTable { Width = 3, Features = [.. features], Labels = [.. labels], QuerySizes = [.. Enumerable.Repeat(Size, Queries)] };
        var model = ChoiceModel.Fit(table, [true, true, true], 1e-6);
        // A feature that is even from -1 to 1 has deviation 1/sqrt(3); weights are of standardised features.
        for (var f = 0; f < truth.Length; f++)
            Assert.InRange(model.Weights[f] * Math.Sqrt(3), truth[f] - 0.12, truth[f] + 0.12);
    }
}
