namespace Recs.Engine.Sessions;

/// <summary>
/// How an interaction counts as implicit feedback, for the fold-in, the affinities and matrix factorisation alike.
/// </summary>
public static class Feedback
{
    /// <summary>Ratings below this are negative feedback.</summary>
    public const double NeutralRating = 3.0;

    /// <summary>
    /// The strength r of a positive signal (above 0), 0 for none (impression), below 0 for negative feedback.
    /// Views 0.5, clicks 1, carts 3, likes 4, purchases 5, each times the weight; a rating of 3 counts 1, of 5 counts 3.
    /// </summary>
    public static float Strength(InteractionType type, double? weight) => type switch
    {
        InteractionType.Impression => 0f,
        InteractionType.View => (float)(0.5 * (weight ?? 1)),
        InteractionType.Click => (float)(1 * (weight ?? 1)),
        InteractionType.AddToCart => (float)(3 * (weight ?? 1)),
        InteractionType.Purchase => (float)(5 * (weight ?? 1)),
        InteractionType.Like => (float)(4 * (weight ?? 1)),
        InteractionType.Dislike or InteractionType.Hide => -1f,
        InteractionType.Rating => (weight ?? NeutralRating) is var rating && rating >= NeutralRating
            ? (float)(rating - NeutralRating + 1)
            : -1f,
        _ => 0f,
    };
}
