namespace Recs.Training.Simulation;

/// <summary>
/// What one simulated user likes. Every part is a closed function of time (slow waves around a fixed centre), so the
/// truth at any moment can be asked without playing the history.
/// </summary>
internal sealed class UserTaste
{
    public const int HiddenDimensions = 8;

    private readonly double[] _categories;
    private readonly double[] _categoryPhase;
    private readonly double _categoryPeriodDays;
    private readonly double[] _styles;
    private readonly double[] _hidden;
    private readonly double[] _hiddenDrift;
    private readonly double _logPrice;

    private UserTaste(Random random)
    {
        // A few shelves matter to somebody, most do not.
        _categories = [.. Enumerable.Range(0, Vocabulary.Shelves.Length).Select(_ => Math.Pow(random.NextDouble(), 4) * 4)];
        _categoryPhase = [.. _categories.Select(_ => random.NextDouble() * 2 * Math.PI)];
        _categoryPeriodDays = 20 + random.NextDouble() * 40;
        _styles = [.. Enumerable.Range(0, Vocabulary.Styles.Length).Select(_ => 0.7 * Draws.Normal(random))];
        _hidden = Draws.Direction(random, HiddenDimensions);
        _hiddenDrift = Draws.Direction(random, HiddenDimensions);
        _logPrice = Math.Log(45) + 0.5 * Draws.Normal(random);
        SessionsPerDay = 0.1 + 0.45 * random.NextDouble() + (random.NextDouble() < 0.1 ? 0.6 : 0);
    }

    public double SessionsPerDay { get; }

    public static UserTaste Create(int seed, int user) => new(Draws.For(seed, 2, user));

    /// <summary>Interest in a shelf, 0 (none) to about 6.</summary>
    public double Category(int category, double day) =>
        _categories[category] * (1 + 0.5 * Math.Sin(2 * Math.PI * day / _categoryPeriodDays + _categoryPhase[category]));

    /// <summary>Probability of a click on the item when it is shown: logistic in shelf, style, hidden taste, quality and price.</summary>
    public double ClickProbability(WorldItem item, double day)
    {
        var drift = 0.4 * Math.Sin(2 * Math.PI * day / 60);
        var hidden = 0.0;
        for (var i = 0; i < HiddenDimensions; i++)
            hidden += item.Taste[i] * (_hidden[i] + drift * _hiddenDrift[i]);
        var priceGap = Math.Abs(item.LogPrice - _logPrice);
        var logit = -3.6 + 0.9 * Category(item.Category, day) + _styles[item.Style] + 1.8 * hidden + 0.5 * item.Quality - 0.5 * priceGap;
        return 1 / (1 + Math.Exp(-logit));
    }
}
