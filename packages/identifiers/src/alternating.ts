/**
 * The rule of German code numbers and market locations (BDEW, "Identifikatoren in der Marktkommunikation", 8.1): the digits at
 * odd places count once, those at even places twice, and the last digit leads to the next ten.
 */
export function leadsToTen(digits: string): boolean {
  let sum = Number(digits.slice(-1));
  for (let index = 0; index < digits.length - 1; index += 1) sum += Number(digits.charAt(index)) * (index % 2 === 0 ? 1 : 2);
  return sum % 10 === 0;
}
