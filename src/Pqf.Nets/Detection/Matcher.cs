using System.Collections.Immutable;
using Pqf.Tensors.Ops.Boxes;

namespace Pqf.Nets.Detection;

/// <summary>Finds the object that each box belongs to (Ren et al. 2015, section 3.1.2).</summary>
/// <param name="High">Boxes with at least this overlap (intersection over union) with an object are of the object.</param>
/// <param name="Low">Boxes with less are background; those between are neither.</param>
/// <param name="LowQuality">Whether every object also gets the boxes that overlap it most, however little that is.</param>
public sealed record Matcher(float High, float Low, bool LowQuality)
{
    /// <summary>Instead of an object's number: nothing overlaps enough.</summary>
    public const int Background = -1;

    /// <summary>Instead of an object's number: neither an object nor background; not to be trained on.</summary>
    public const int Between = -2;

    /// <summary>Matches boxes.</summary>
    /// <param name="objects">The objects; without any, everything is background.</param>
    /// <param name="boxes">The boxes.</param>
    /// <returns>For each box an object's number, <see cref="Background"/> or <see cref="Between"/>.</returns>
    public int[] Match(ImmutableArray<Box> objects, ImmutableArray<Box> boxes)
    {
        float[] best = new float[boxes.Length],
            most = new float[objects.Length];
        int[] nearest = new int[boxes.Length];
        for (int i = 0; i < boxes.Length; i++)
        for (int j = 0; j < objects.Length; j++)
        {
            float overlap = Overlap(objects[j], boxes[i]);
            most[j] = Math.Max(most[j], overlap);
            if (j == 0 || overlap > best[i])
                (best[i], nearest[i]) = (overlap, j);
        }

        int[] matches =
        [
            .. best.Select(
                (overlap, i) =>
                    objects.Length == 0 || overlap < Low ? Background
                    : overlap < High ? Between
                    : nearest[i]
            ),
        ];
        if (LowQuality && objects.Length > 0)
            for (int i = 0; i < boxes.Length; i++)
                if (matches[i] < 0 && IsSomeonesBest(objects, boxes[i], most))
                    matches[i] = nearest[i];
        return matches;
    }

    /// <summary>Intersection over union; 0 for boxes that have no pixel in common.</summary>
    public static float Overlap(Box a, Box b)
    {
        float width = Math.Max(0, Math.Min(a.X2, b.X2) - Math.Max(a.X1, b.X1)),
            height = Math.Max(0, Math.Min(a.Y2, b.Y2) - Math.Max(a.Y1, b.Y1));
        float common = width * height;
        return common > 0 ? common / (a.Area + b.Area - common) : 0;
    }

    static bool IsSomeonesBest(ImmutableArray<Box> objects, Box box, float[] most)
    {
        for (int j = 0; j < most.Length; j++)
            if (most[j] > 0 && Overlap(objects[j], box) == most[j])
                return true;
        return false;
    }
}
