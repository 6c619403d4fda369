namespace Pqf.Nets.Families;

/// <summary>Channel counts that are multiples of 8.</summary>
static class Widths
{
    const int Unit = 8;

    // A tenth less at most: the rule of the published code of MobileNets (Sandler et al. 2018), which all later networks here share.
    const double LeastShare = 0.9;

    /// <summary>The multiple of 8 nearest to a count, but not less than nine tenths of it.</summary>
    public static int Rounded(double count)
    {
        int near = Math.Max(Unit, (int)(count + (Unit / 2.0)) / Unit * Unit);
        return near < LeastShare * count ? near + Unit : near;
    }
}
