/** The bundled picture: hills at dusk, drawn, so that it is sharp at any size and costs next to nothing. */
const drawing = (inner: string) =>
  `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" width="1600" height="900"><linearGradient id="a" x2="0" y2="1"><stop stop-color="#141a3c"/><stop offset=".6" stop-color="#4a4f9e"/><stop offset="1" stop-color="#c58fb4"/></linearGradient><path fill="url(#a)" d="M0 0h1600v900H0z"/>${inner}</svg>`)}`;

export const PICTURE = drawing(
  '<circle cx="1130" cy="400" r="330" fill="#fff" fill-opacity=".05"/><circle cx="1130" cy="400" r="200" fill="#fff" fill-opacity=".07"/>' +
    '<circle cx="1130" cy="400" r="95" fill="#ffe9d6" fill-opacity=".85"/>' +
    '<path fill="#3a3f83" fill-opacity=".75" d="M0 640Q300 480 640 600T1600 520V900H0z"/><path fill="#262b62" d="M0 760Q380 580 820 720T1600 660V900H0z"/>' +
    '<path fill="#161a42" d="M0 840Q500 720 1000 820T1600 780V900H0z"/>'
);
/** The same without what is fine in it. */
export const PREVIEW = drawing('');
