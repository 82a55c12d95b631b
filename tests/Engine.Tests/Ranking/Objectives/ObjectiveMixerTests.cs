using Recs.Engine.Ranking.Objectives;
using Recs.Engine.Tests.Retrieval;

namespace Recs.Engine.Tests.Ranking.Objectives;

public class ObjectiveMixerTests
{
    [Fact]
    public void A_score_is_the_logarithm_of_what_a_shown_item_is_worth()
    {
        // p(click) = p(buy | click) = 1/2, price 10: worth 1/2 (1 + 1/2 (2 + 0.1 x 10)) = 1.25.
        Assert.Equal(Math.Log(1.25), ObjectiveMixer.Score(new ObjectiveWeights(1, 2, 0.1), 0, 0, 10), 1e-12);
        // Purchases alone: p(click) p(buy | click) = 0.8 x 0.25.
        Assert.Equal(Math.Log(0.2), ObjectiveMixer.Score(new ObjectiveWeights(0, 1, 0), Math.Log(4), -Math.Log(3), 99), 1e-12);
        // Clicks alone: log p(click), whatever is bought.
        Assert.Equal(Math.Log(0.8), ObjectiveMixer.Score(new ObjectiveWeights(1, 0, 0), Math.Log(4), 3, 99), 1e-12);
        // Of value alone, what is free is worth nothing, and still has a finite place.
        Assert.True(double.IsFinite(ObjectiveMixer.Score(new ObjectiveWeights(0, 0, 1), 700, -700, 0)));
        Assert.True(double.IsFinite(ObjectiveMixer.Score(new ObjectiveWeights(1e6, 1e6, 1e6), -700, 700, 1e12)));
    }

    [Fact]
    public async Task Mixed_scores_come_from_both_rankers_and_the_price_of_each_candidate()
    {
        var world = new RetrievalWorld(300, 7);
        var (click, conversion) = (ScoringRequests.OneFeature("item_log_popularity", 0.4, -2), ScoringRequests.OneFeature("item_log_price", -0.5, 0.3));
        var model = ScoringRequests.Model(world, "both", click, conversion);
        var weights = new ObjectiveWeights(0.5, 3, 0.02);
        var request = ScoringRequests.Of(world, model, weights);
        var scored = await new LocalScorer(new FeatureAssembler(world.Catalog, world.Counters)).ScoreAsync(request, default);

        Assert.True(scored.Scores.Length > 50, $"{scored.Scores.Length} candidates");
        for (var c = 0; c < scored.Scores.Length; c++)
        {
            var item = world.Catalog.Get(request.Candidates.Items[c])!.Item;
            var popularity = world.Model.Popularity.ElementAtOrDefault(request.Candidates.Items[c]);
            var pClick = 1 / (1 + Math.Exp(2 - 0.4 * Math.Log(1 + popularity)));
            var pBuy = 1 / (1 + Math.Exp(0.5 * Math.Log(1 + (item.Price ?? 0)) - 0.3));
            Assert.Equal(Math.Log(pClick * (0.5 + pBuy * (3 + 0.02 * (item.Price ?? 0)))), scored.Scores[c], 1e-4);
            Assert.Equal(item.Price ?? 0, scored.Factors!.Prices[c]);
        }
    }

    [Fact]
    public async Task Without_a_conversion_ranker_or_an_objective_the_scores_are_the_rankers_own_to_the_bit()
    {
        var world = new RetrievalWorld(300, 7);
        var scorer = new LocalScorer(new FeatureAssembler(world.Catalog, world.Counters));
        var request = ScoringRequests.Of(world, world.Model);
        var plain = await scorer.ScoreAsync(request, default);
        Assert.Null(plain.Factors);

        var unable = await scorer.ScoreAsync(With(world.Model, new ObjectiveWeights(0, 1, 1)), default);
        var unasked = await scorer.ScoreAsync(With(ScoringRequests.Model(world, "both", conversion: ScoringRequests.OneFeature("item_log_price", 1)), null), default);
        Assert.Equal(plain.Scores, unable.Scores);
        Assert.Equal(plain.Scores, unasked.Scores);

        RankingRequest With(RecommenderModel model, ObjectiveWeights? objective) => new()
        {
            Session = request.Session,
            Model = model,
            UserVector = request.UserVector,
            Candidates = request.Candidates,
            NowMs = request.NowMs,
            Surface = request.Surface,
            Objective = objective,
        };
    }
}
