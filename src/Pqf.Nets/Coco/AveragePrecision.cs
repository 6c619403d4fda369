namespace Pqf.Nets.Coco;

/// <summary>COCO's twelve numbers, each 0 … 1, or −1 where there is nothing to be found. All are means over classes.</summary>
/// <param name="Ap">Average precision, the mean over overlaps of 0.50, 0.55, …, 0.95.</param>
/// <param name="Ap50">Average precision where half of the union must overlap.</param>
/// <param name="Ap75">… three quarters.</param>
/// <param name="ApSmall">Objects of up to 32² pixels.</param>
/// <param name="ApMedium">… 32² to 96².</param>
/// <param name="ApLarge">… above.</param>
/// <param name="Ar1">Average recall with one detection an image and class.</param>
/// <param name="Ar10">… with 10.</param>
/// <param name="Ar100">… with 100.</param>
/// <param name="ArSmall">Average recall of small objects.</param>
/// <param name="ArMedium">… of medium ones.</param>
/// <param name="ArLarge">… of large ones.</param>
public sealed record AveragePrecision(
    double Ap,
    double Ap50,
    double Ap75,
    double ApSmall,
    double ApMedium,
    double ApLarge,
    double Ar1,
    double Ar10,
    double Ar100,
    double ArSmall,
    double ArMedium,
    double ArLarge
);

/// <summary>Average precision of one class, each 0 … 1.</summary>
/// <param name="CategoryId">The class.</param>
/// <param name="ObjectCount">Its objects, crowds left out; at least 1.</param>
/// <param name="Ap">The mean over overlaps of 0.50, 0.55, …, 0.95.</param>
/// <param name="Ap50">Where half of the union must overlap.</param>
/// <param name="Ap75">… three quarters.</param>
public sealed record ClassPrecision(int CategoryId, int ObjectCount, double Ap, double Ap50, double Ap75);
